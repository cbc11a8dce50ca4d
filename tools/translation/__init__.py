"""How the lessons are translated; `tools/translate.py` is the command."""
