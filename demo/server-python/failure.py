"""What an error of the agent or of its model is to the page, as `demo/server/src/failure.ts` says it."""

from anthropic import APIConnectionError, APIStatusError

MODEL_ANSWERS = {
    401: "it does not accept the key. Check ANTHROPIC_API_KEY",
    403: "the key may not use this model. Check ANTHROPIC_API_KEY and ANTHROPIC_MODEL",
    404: "it does not know the model. Check ANTHROPIC_MODEL and ANTHROPIC_BASE_URL",
    429: "its rate limit or quota is used up. Try again later",
}


def failure_of(error):
    """Status and message for the person who asked, without details."""
    if isinstance(error, APIStatusError):
        answered = MODEL_ANSWERS.get(error.status_code, "it failed")
        return 502, f"The model’s API answered {error.status_code}: {answered}."
    if isinstance(error, APIConnectionError):
        return 502, "The model’s API cannot be reached."
    return 500, "The assistant could not answer. Please try again."
