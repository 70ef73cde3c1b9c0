"""What a rule returns."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Sentence:
    """Plain text, escaped by the template. `lead` is printed in bold before `text`."""

    text: str
    lead: str = ""


def joined(*sentences: Sentence | None) -> str:
    """The texts of the rules that held, in order."""
    return " ".join(sentence.text for sentence in sentences if sentence is not None)
