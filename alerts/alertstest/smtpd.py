"""A mail server that is not ours (aiosmtpd), in the mood that is asked for.

The first argument is JSON. Everything it takes in is told on standard output, a
line of JSON each, after the first line with its port. It ends when standard
input does.
"""
import asyncio
import email
import email.policy
import json
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

options = json.loads(sys.argv[1])
mood = options.get("mood", "")


def tell(**what):
    print(json.dumps(what), flush=True)


class Handler:
    async def handle_MAIL(self, server, session, envelope, address, mail_options):
        if mood == "refuse sender":
            return "550 5.7.1 <%s> may not send here" % address
        envelope.mail_from = address
        envelope.mail_options.extend(mail_options)
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        if address in options.get("refuse", []):
            return "550 5.1.1 <%s>: user unknown" % address
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        raw = envelope.content.decode("ascii")  # we promise seven bits
        m = email.message_from_bytes(envelope.content, policy=email.policy.default)
        parts = {kind: m.get_body((kind,)) for kind in ("plain", "html")}
        letter = dict(
            sender=envelope.mail_from,
            to=envelope.rcpt_tos,
            secure=session.ssl is not None,
            user=session.auth_data or "",
            hello=session.host_name,
            raw=raw,
            headers={k.lower(): str(v) for k, v in m.items()},
            defects=[str(d) for part in m.walk() for d in part.defects],
            text=parts["plain"].get_content(),
            html=parts["html"].get_content(),
        )
        if mood == "refuse data":
            return "554 5.6.0 not wanted here"
        if mood == "later":
            return "451 4.7.1 try again later"
        if mood == "stall":
            tell(stalled=True)
            await asyncio.Event().wait()
        if mood == "drop":
            server.transport.abort()
            return "250 nobody hears this"
        tell(**letter)
        if mood == "take and drop":
            server.transport.abort()
        return "250 OK"


def authenticate(server, session, envelope, mechanism, data):
    good = isinstance(data, LoginPassword) and (data.login.decode(), data.password.decode()) == (options.get("user"), options.get("password"))
    if good:
        session.auth_data = data.login.decode()
    return AuthResult(success=good, handled=True if good else False, auth_data=session.auth_data if good else None)


class Chatter(asyncio.Protocol):
    """Never ends its first line."""

    def connection_made(self, transport):
        self.transport = transport
        tell(stalled=True)
        if mood == "chatter":
            transport.write(b"220-" + b"x" * (4 << 20))


async def main():
    context = None
    if options["tls"] != "off":
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(options["cert"], options["key"])

    def factory():
        if mood in ("silent", "chatter"):
            return Chatter()
        return SMTP(
            Handler(),
            hostname="mail.example",
            tls_context=context if options["tls"] == "starttls" else None,
            require_starttls=options["tls"] == "starttls",
            auth_required=bool(options.get("user")),
            auth_require_tls=options["tls"] == "starttls",
            auth_exclude_mechanism=["PLAIN"] if options.get("no_plain") else None,
            authenticator=authenticate,
        )

    loop = asyncio.get_running_loop()
    implicit = context if options["tls"] == "implicit" else None
    server = await loop.create_server(factory, "127.0.0.1", 0, ssl=implicit)
    tell(port=server.sockets[0].getsockname()[1])
    await loop.run_in_executor(None, sys.stdin.read)


loop = asyncio.new_event_loop()
loop.set_exception_handler(lambda *_: None)
loop.run_until_complete(main())
import os

os._exit(0)
