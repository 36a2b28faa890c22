"""A mail server for tests: aiosmtpd, told by a JSON document how to treat what comes.

It writes a JSON document a line: the port first, then each mail that it took.
"""

import asyncio
import email
import email.policy
import json
import logging
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

SAID = json.loads(sys.argv[1])
# what senders do wrong is what is tested
logging.getLogger("mail.log").setLevel(logging.CRITICAL)


def write(document):
    print(json.dumps(document), flush=True)


def part(mail, kind):
    found = mail.get_body((kind,))
    return found.get_content() if found else None


class Handler:
    """Refuses whom it is told to refuse, and answers mails in the order that it is told."""

    answers = list(SAID["answers"])

    async def handle_RCPT(self, server, session, envelope, address, options):
        refusals = SAID["refuse"].get(address)
        if refusals:
            # the last one stays
            return refusals.pop(0) if len(refusals) > 1 else refusals[0]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        answer = self.answers.pop(0) if self.answers else "250 2.0.0 queued"
        if answer[0] not in "2l":
            return answer
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        write({
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "encrypted": session.ssl is not None,
            "user": session.auth_data.login.decode() if session.auth_data else None,
            "headers": [[name, str(value)] for name, value in mail.items()],
            "text": part(mail, "plain"),
            "html": part(mail, "html"),
            "parts": sum(1 for it in mail.walk()) - 1,
            "defects": [repr(it) for part in mail.walk() for it in part.defects],
        })
        if answer == "lost":
            # taken, and the sender never hears of it
            server.transport.abort()
        return answer


def authenticate(server, session, envelope, mechanism, data):
    known = isinstance(data, LoginPassword) and [data.login.decode(), data.password.decode()] == SAID["login"]
    return AuthResult(success=known, handled=False, auth_data=data)


async def main():
    tls = None
    if SAID["encryption"] != "none":
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(SAID["certificate"], SAID["key"])
    starttls = SAID["encryption"] == "starttls"

    def serve():
        return SMTP(
            Handler(),
            hostname="mail.test",
            tls_context=tls if starttls else None,
            require_starttls=starttls,
            authenticator=authenticate if SAID["login"] else None,
            auth_required=bool(SAID["login"]),
            # with TLS from the first byte on it does not know that there is any
            auth_require_tls=starttls,
        )

    implicit = tls if SAID["encryption"] == "implicit" else None
    server = await asyncio.get_running_loop().create_server(serve, "127.0.0.1", 0, ssl=implicit)
    write({"port": server.sockets[0].getsockname()[1]})
    await server.serve_forever()


asyncio.run(main())
