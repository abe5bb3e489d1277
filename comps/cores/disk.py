"""What says that a disk or a store is full, or cannot be written: errors of the system, SQLite, PostgreSQL and S3."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from comps.cores.errors import InsufficientStorage

_ERRNOS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO})
#: SQLite's READONLY, IOERR and FULL (sqlite.org/rescode.html): the low byte of extended codes.
_SQLITE = frozenset({8, 10, 13})
#: PostgreSQL, appendix A: disk_full, io_error, read_only_sql_transaction.
_SQLSTATES = frozenset({"53100", "58030", "25006"})
#: Codes of S3 servers (MinIO, Ceph, SeaweedFS …); AWS itself is never full.
_S3_CODES = frozenset({"QuotaExceeded", "XMinioStorageFull", "XMinioAdminBucketQuotaExceeded", "InsufficientStorage"})


def means_full(error: BaseException) -> bool:
    """Whether ``error``, or what caused it, is that there is no room, or no right to write."""
    seen: BaseException | None = error
    while seen is not None:
        response = getattr(seen.__cause__ or seen, "response", None)
        if isinstance(response, dict):
            # s3fs makes EIO of every code that it does not know.
            return _is_full_s3(response)
        if isinstance(seen, OSError) and seen.errno in _ERRNOS:
            return True
        if getattr(seen, "sqlite_errorcode", 0) & 0xFF in _SQLITE:
            return True
        if getattr(seen, "sqlstate", None) in _SQLSTATES:
            return True
        wrapped = getattr(seen, "orig", None)
        seen = wrapped if isinstance(wrapped, BaseException) else seen.__cause__
    return False


def full() -> InsufficientStorage:
    """The problem that a full disk is to a client."""
    return InsufficientStorage("the disk is full or cannot be written: nothing was kept")


@contextmanager
def storing() -> Iterator[None]:
    """Raise InsufficientStorage for an error inside that means it."""
    try:
        yield
    except Exception as error:
        if means_full(error):
            raise full() from error
        raise


def _is_full_s3(response: dict[str, object]) -> bool:
    error, metadata = response.get("Error"), response.get("ResponseMetadata")
    code = error.get("Code") if isinstance(error, dict) else None
    status = metadata.get("HTTPStatusCode") if isinstance(metadata, dict) else None
    return code in _S3_CODES or status == InsufficientStorage.status
