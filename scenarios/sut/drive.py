#!/usr/bin/env python3
"""Hands the act on standard input to the HTTP port of a client: the smallest driver that there is.

stimulus:
  command: [python3, scenarios/sut/drive.py, "http://{host}:8021/"]
"""
import sys
import urllib.request

request = urllib.request.Request(sys.argv[1], data=sys.stdin.buffer.read(), headers={"Content-Type": "application/json"})
with urllib.request.urlopen(request, timeout=10) as answer:
    sys.stdout.write(answer.read().decode())
