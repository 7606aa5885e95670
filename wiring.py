"""Builds the parts from Settings and joins them; each part is made when it is first asked for.

The entry points (worker, command line, panel) use the same parts, so that they can't disagree about names and limits.
Heavy libraries are imported only with the part that needs them: a worker polls before it knows that Qdrant exists.
"""

import os
import shutil
import socket
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import TYPE_CHECKING

from aws import AwsClients, aws_errors, is_missing, make_clients
from config import APP_CONFIG_KEY, AppConfig, Settings, StoreName, parse_app_config
from data_ingestion.artifacts import Artifacts
from data_ingestion.ledger import Claims, Documents, Runs, Table

if TYPE_CHECKING:
    from data_ingestion.enrichment.model import Enricher
    from data_ingestion.history import History
    from data_ingestion.ingestion import Configured
    from data_ingestion.pdf.sandbox import PdfSandbox
    from data_ingestion.processor import DataProcessor
    from embeddings.base import Embedder
    from vector_stores.base import VectorStore
    from vector_stores.client import QdrantConnection

#: An edited AppConfig is noticed after at most this long.
APP_CONFIG_SECONDS = 30.0
