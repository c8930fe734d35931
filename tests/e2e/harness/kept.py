"""Looks into a data folder past the program that wrote it."""

import ctypes
import json
from pathlib import Path

_zstd = ctypes.CDLL("libzstd.so.1")
_zstd.ZSTD_getFrameContentSize.restype = ctypes.c_ulonglong
_zstd.ZSTD_decompress.restype = ctypes.c_size_t


def decompress(packed: bytes) -> bytes:
    size = _zstd.ZSTD_getFrameContentSize(packed, ctypes.c_size_t(len(packed)))
    content = ctypes.create_string_buffer(size)
    written = _zstd.ZSTD_decompress(content, ctypes.c_size_t(size), packed, ctypes.c_size_t(len(packed)))
    assert written == size, "a stored file is no zstd frame"
    return content.raw


def files(data_dir: Path, folder: str) -> list[Path]:
    return sorted((data_dir / folder).rglob("*.zst"))


def visits(data_dir: Path) -> list[dict]:
    """Every visit that is kept, as it is stored."""
    return [json.loads(decompress(path.read_bytes())) for path in files(data_dir, "visits")]


def pictures(data_dir: Path) -> list[bytes]:
    return [decompress(path.read_bytes()) for path in files(data_dir, "screenshots")]


def everything(data_dir: Path) -> dict[str, bytes]:
    """The content of every file, decompressed where it is compressed, by name."""
    return {str(path.relative_to(data_dir)): decompress(path.read_bytes()) if path.suffix == ".zst" else path.read_bytes()
            for path in data_dir.rglob("*") if path.is_file()}
