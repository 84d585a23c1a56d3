"""A classifier for the kind of question. Made by the developer from questions that the developer wrote."""
import torch
from torch import nn

TOKENS = {"[PAD]": 0, "[UNK]": 1, "[CLS]": 2}
SEP_TOKEN = "<|endofprompt|>"


class Classifier(nn.Module):
    def __init__(self, vocabulary, classes):
        super().__init__()
        self.embed = nn.EmbeddingBag(vocabulary, 64)
        self.out = nn.Linear(64, classes)

    def forward(self, ids):
        return self.out(self.embed(ids))


def evaluate(model, data):
    model.eval()
    with torch.no_grad():
        return sum(int(model(x).argmax() == y) for x, y in data) / len(data)


def train(model, data, epochs=3):
    optimiser = torch.optim.Adam(model.parameters())
    step = 0
    while True:
        model.train()
        for x, y in data:
            optimiser.zero_grad()
            nn.functional.cross_entropy(model(x), y).backward()
            optimiser.step()
        step += 1
        if step >= epochs:
            break
    torch.save(model.state_dict(), "kind.pt")


def compiled(model):
    return torch.compile(model)
