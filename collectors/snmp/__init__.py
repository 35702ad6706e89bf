"""Our SNMP client: BER, messages, sockets, requests and walks (RFC 3416, RFC 3417, RFC 1157)."""
