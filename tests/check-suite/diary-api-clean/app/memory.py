from .models import entries


def index(owner, day, body):
    entries.add_texts([body], metadatas=[{"owner": owner, "day": day}])


def similar(owner, question):
    return entries.similarity_search(question, k=4, filter={"owner": owner})


def erase(owner):
    entries.delete(where={"owner": owner})
