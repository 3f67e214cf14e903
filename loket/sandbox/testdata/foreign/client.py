# A foreign client: zeep (Debian package python3-zeep). It builds and checks all
# it sends, and all it receives, by the schema in the WSDL that the sandbox serves.
# Requests and answers are as in client.php.
import base64
import json
import sys

import zeep
from zeep import exceptions, helpers, xsd

base = sys.argv[1]
clients = {}


def client(service):
    if service not in clients:
        clients[service] = zeep.Client(f"{base}/soap/{service}?wsdl", settings=zeep.Settings(strict=True))
    return clients[service]


def arguments(items):
    out = {}
    for name, value in zip(items[::2], items[1::2]):
        if value is None:
            value = xsd.Nil
        elif isinstance(value, list):
            value = arguments(value)
        elif name in ("Inhoud", "ResponseMessage"):
            value = base64.b64decode(value)
        out[name] = value
    return out


def plain(value):
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if hasattr(value, "isoformat"):
        return value.isoformat().replace("+00:00", "Z")
    return str(value)


def answer(request):
    try:
        c = client(request["service"])
        if "operation" not in request:
            return {"ok": sorted(c.service._operations)}
        reply = c.service[request["operation"]](**arguments(request["args"]))
        return {"ok": helpers.serialize_object(reply, dict)}
    except exceptions.Fault as fault:
        if fault.detail is None:
            return {"error": f"{fault.code}: {fault.message}"}
        detail = {e.tag.split("}")[1]: helpers.serialize_object(c.wsdl.types.deserialize(e), dict) for e in fault.detail}
        return {"fault": {"faultcode": fault.code, "faultstring": fault.message, "detail": detail}}
    except Exception as err:  # the client would not
        return {"error": f"{type(err).__name__}: {err}"}


for line in sys.stdin:
    print(json.dumps(answer(json.loads(line)), default=plain), flush=True)
