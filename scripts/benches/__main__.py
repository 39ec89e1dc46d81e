"""``python -m scripts.benches``, what ``scripts/bench`` runs."""

from scripts.benches.cli import main

main()
