"""The daemon's HTTP API as a browser uses it: HTTPS, cookie, CSRF token. Blocking; small answers."""

import http.client
import json
import ssl


class Api:
    def __init__(self, address):
        self.address, self.cookie, self.csrf = address, None, None

    def request(self, method, path, body=None, headers=None):
        """(status, header object, bytes)"""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        connection = http.client.HTTPSConnection(*self.address, timeout=20, context=context)
        sent = dict(headers or {})
        if self.cookie:
            sent["Cookie"] = self.cookie
        if self.csrf and method != "GET":
            sent["X-CSRF-Token"] = self.csrf
        if body is not None:
            sent["Content-Type"] = "application/json"
            body = json.dumps(body)
        try:
            connection.request(method, path, body, sent)
            response = connection.getresponse()
            return response.status, response.headers, response.read()
        finally:
            connection.close()

    def sign_in(self, name, password):
        status, headers, body = self.request(
            "POST", "/api/v1/session", {"username": name, "password": password})
        if status != 200:
            raise RuntimeError(f"sign-in: {status} {body[:200]!r}")
        self.cookie = headers["Set-Cookie"].split(";")[0]
        self.csrf = json.loads(body)["csrf_token"]

    def get(self, path):
        status, _, body = self.request("GET", path)
        if status != 200:
            raise RuntimeError(f"GET {path}: {status} {body[:200]!r}")
        return json.loads(body)

    def is_up(self):
        try:
            return self.request("GET", "/readyz")[0] == 200
        except OSError:
            return False
