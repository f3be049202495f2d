"""OpenAI's chat format ⇄ Anthropic's Messages: requests, answers, streams. Pure."""
