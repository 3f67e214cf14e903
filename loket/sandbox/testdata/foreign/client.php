<?php
// A foreign client: php-soap (Debian packages php-cli and php-soap). What it may
// send and what it understands it takes from the WSDL that the sandbox serves.
//
// One request per line on stdin, as JSON: {"service", "operation", "args"}, args
// being names and values in turn, and a group again such a list. One answer per
// line: {"ok"}, {"fault"}, or {"error"} when the client itself would not. A
// request without operation asks which operations the WSDL has.
// What is base64 in the contract is base64 in the JSON, and bytes in between.

ini_set('display_errors', 'stderr');

const FILES = ['Inhoud', 'ResponseMessage'];

function arguments(array $list): array {
    $out = [];
    foreach (array_chunk($list, 2) as [$name, $value]) {
        if (is_array($value)) {
            $value = arguments($value);
        } elseif (in_array($name, FILES)) {
            $value = base64_decode($value, true);
        }
        $out[$name] = $value;
    }
    return $out;
}

function plain(mixed $value, string $name = ''): mixed {
    if (is_object($value) || is_array($value)) {
        $out = [];
        foreach ($value as $key => $v) {
            $out[$key] = plain($v, (string) $key);
        }
        return $out;
    }
    return in_array($name, FILES) ? base64_encode($value) : $value;
}

function client(string $base, string $service): SoapClient {
    static $clients = [];
    $options = ['exceptions' => true, 'cache_wsdl' => WSDL_CACHE_NONE, 'soap_version' => SOAP_1_1];
    $address = "$base/soap/$service";
    if ($service === 'ExportWebservice') { // phased out: it has no WSDL
        return new SoapClient(null, $options + ['location' => $address, 'uri' => 'urn:loket-etl:soap:exportwebservice:v1']);
    }
    return $clients[$service] ??= new SoapClient("$address?wsdl", $options);
}

function answer(string $base, array $request): array {
    try {
        $client = client($base, $request['service']);
        if (!isset($request['operation'])) {
            $names = [];
            foreach ($client->__getFunctions() as $line) { // "XResponse X(X $parameters)"
                $names[] = preg_replace('/^\S+ (\w+)\(.*$/', '$1', $line);
            }
            return ['ok' => $names];
        }
        return ['ok' => plain($client->__soapCall($request['operation'], [arguments($request['args'])]))];
    } catch (SoapFault $fault) {
        if (!isset($fault->detail)) {
            return ['error' => "$fault->faultcode: $fault->faultstring"];
        }
        return ['fault' => ['faultcode' => $fault->faultcode, 'faultstring' => $fault->faultstring, 'detail' => plain($fault->detail)]];
    }
}

while (($line = fgets(STDIN)) !== false) {
    $reply = answer($argv[1], json_decode($line, true, 64, JSON_THROW_ON_ERROR));
    fwrite(STDOUT, json_encode($reply, JSON_THROW_ON_ERROR | JSON_UNESCAPED_UNICODE) . "\n");
}
