"""The list of models passes through."""

import client


def main():
    client.check([model.id for model in client.openai().models.list()] == ["mock-1"], "the list of models")


def inspect(requests):
    client.check([request.path for request in requests] == ["/v1/models"], str(requests))


if __name__ == "__main__":
    main()
