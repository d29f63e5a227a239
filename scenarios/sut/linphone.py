#!/usr/bin/env python3
"""Runs linphonec as a pager-mode client under test: acts come in over HTTP, and are typed at its prompt.

usage: linphone.py HOST PORT CORE USER DOMAIN HTTP-PORT

What linphonec cannot do (lists, groups, large messages) is answered with 501, and the scenario is nobody's failure.
"""
import http.server
import json
import os
import subprocess
import sys
import tempfile
import threading

host, port, core, user, domain, http_port = sys.argv[1:7]
home = tempfile.mkdtemp(prefix="linphone-")
os.makedirs(os.path.join(home, ".local/share/linphone"))
settings = os.path.join(home, "settings")
with open(settings, "w") as out:
    out.write(f"""[sip]
sip_port={port}
sip_tcp_port=0
sip_tls_port=-1
bind_address={host}
default_proxy=0
contact=sip:{user}@{host}:{port}
register_only_when_network_is_up=0
[proxy_0]
reg_proxy=<sip:{core}>
reg_route=<sip:{core};lr>
reg_identity=sip:{user}@{domain}
reg_sendregister=0
publish=0
""")
phone = subprocess.Popen(["linphonec", "-c", settings], stdin=subprocess.PIPE, env={**os.environ, "HOME": home},
                         text=True)


def end_with_phone():
    code = phone.wait()
    os._exit(code if code >= 0 else 128 - code)


threading.Thread(target=end_with_phone, daemon=True).start()


class Acts(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        act = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        status = 204 if do(act) else 501
        self.send_response(status)
        self.end_headers()

    def log_message(self, *words):
        pass


def do(act):
    """Types what the act asks for; says whether linphonec can do it at all."""
    if act.get("act") == "send" and "one" in act["to"]:
        text = " ".join(act["text"].split()).replace('"', "'")
        phone.stdin.write(f'chat {act["to"]["one"]} "{text}"\n')
        phone.stdin.flush()
        return True
    return False


server = http.server.HTTPServer((host, int(http_port)), Acts)
print('"ready"', flush=True)
server.serve_forever()
