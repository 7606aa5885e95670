"""How a new collection lies on the server: copies, shards, memory. Collections that are there stay as they are."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from qdrant_client import models

Quantization = Literal["none", "scalar", "binary"]


@dataclass(frozen=True, slots=True)
class Layout:
    """None: the server's own default. `is_on_disk`: dense vectors are read from disk, quantized ones from memory."""

    replication_factor: int | None = None
    shards: int | None = None
    quantization: Quantization = "none"
    is_on_disk: bool = False

    def dense(self, dimensions: int) -> "models.VectorParams":
        """The parameters of the dense vectors."""
        from qdrant_client import models

        return models.VectorParams(
            size=dimensions, distance=models.Distance.COSINE, on_disk=True if self.is_on_disk else None
        )

    def options(self) -> dict[str, Any]:
        """What else `create_collection` takes."""
        return {
            "replication_factor": self.replication_factor,
            "shard_number": self.shards,
            "quantization_config": self._quantization(),
        }

    def _quantization(self) -> "models.QuantizationConfig | None":
        from qdrant_client import models

        match self.quantization:
            case "scalar":
                scalar = models.ScalarQuantizationConfig(type=models.ScalarType.INT8, always_ram=True)
                return models.ScalarQuantization(scalar=scalar)
            case "binary":
                return models.BinaryQuantization(binary=models.BinaryQuantizationConfig(always_ram=True))
        return None


SERVER_DEFAULTS = Layout()
