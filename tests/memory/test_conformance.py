import uuid

import pytest

from smoothread_agent.memory.conformance import MemoryStoreConformance
from smoothread_agent.memory.store import MemoryStore


class TestLocalFiles(MemoryStoreConformance):
    def open_store(self, place, namespace="default"):
        return MemoryStore(place, namespace=namespace)


class TestMemoryFilesystem(MemoryStoreConformance):
    @pytest.fixture(autouse=True)
    def own_root(self):
        self.root = f"memory://{uuid.uuid4().hex}"

    def open_store(self, place, namespace="default"):
        return MemoryStore(self.root, namespace=namespace)
