"""Carries TCP connections from one address to another, so that the test server can be reached at an address that a scan is allowed
while 127.0.0.1, where it listens, is one that the scan is refused."""

import socket
import threading


class Relay:
    """Listens on `address` at the port of `target`. Each direction of a connection has a thread, which ends with the connection."""

    def __init__(self, address: str, target: tuple[str, int]):
        self._target = target
        self._listener = socket.create_server((address, target[1]), backlog=64)
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        # Closing alone would leave accept() waiting.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client = self._listener.accept()[0]
            except OSError:
                return
            server = socket.create_connection(self._target)
            for source, sink in ((client, server), (server, client)):
                threading.Thread(target=_pump, args=(source, sink), daemon=True).start()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    try:
        while chunk := source.recv(65536):
            sink.sendall(chunk)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        # One end has gone: the other one's reader must learn of it.
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
