"""A live conversation on a WebSocket: microphone in, events and fragments of one endless MP4 out. docs/protocol.md."""
