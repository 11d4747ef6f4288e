"""The client of the OpenAI API, from PyPI and unchanged, with a gateway as its base_url."""

import openai

from running_cluster import PATIENCE_SECONDS


def client_of(address, **options):
  """A client of the gateway whose HTTP side is at HOST:PORT."""
  return openai.OpenAI(base_url=f"http://{address}/v1", api_key="any", **{"timeout": PATIENCE_SECONDS, "max_retries": 0} | options)
