"""Load the writing guides that we wrote into the vector store. Run once by the developer."""
from pathlib import Path

from app.models import guides

for path in sorted(Path("content/guides").glob("*.md")):
    guides.add_texts([path.read_text(encoding="utf-8")], metadatas=[{"file": path.name}])
print("done")
