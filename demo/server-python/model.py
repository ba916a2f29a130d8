"""The model to run: Anthropic's when ANTHROPIC_API_KEY is set, otherwise one that follows a script."""

import os

from anthropic import Anthropic

from scripted_model import start_scripted_model

MODEL = os.environ.get("ANTHROPIC_MODEL", "claude-haiku-4-5")


def client(script):
    """Anthropic's client, with ANTHROPIC_API_KEY and ANTHROPIC_BASE_URL, or for a model of this process."""
    if os.environ.get("ANTHROPIC_API_KEY"):
        return Anthropic()
    return Anthropic(api_key="none", base_url=start_scripted_model(script))
