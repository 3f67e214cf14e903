#!/usr/bin/perl
# A foreign client: SOAP::Lite (Debian package libsoap-lite-perl). From the WSDL
# that the sandbox serves it takes address, SOAPAction, namespace, and the order
# of the elements; the types of answers it does not know, so all is text.
# Requests and answers are as in client.php.
use strict;
use warnings;
use JSON::PP;
use MIME::Base64;
use SOAP::Lite;

$| = 1;
my $base  = shift;
my $types = 'urn:loket-etl:soap:types:v1';
my $json  = JSON::PP->new->utf8->canonical->allow_nonref;
my %file  = map { $_ => 1 } qw(Inhoud ResponseMessage);
my %services;

# operations of a service, as SOAP::Lite reads them in its WSDL.
sub operations {
    my $name = shift;
    return $services{$name} ||= do {
        my $read = SOAP::Schema->schema_url("$base/soap/$name?wsdl")->parse->services;
        $read->{$name} or die "the WSDL has no service $name\n";
    };
}

# element makes one element; those inside a group are of the shared schema.
sub element {
    my ($name, $value, $shared) = @_;
    my $e = SOAP::Data->name($name);
    $e->prefix('t') if $shared;
    if (!defined $value) {
        return $e->attr({ 'xsi:nil' => 'true' })->value(undef);
    }
    if (ref $value eq 'ARRAY') {
        my @list = @$value;
        my @inner;
        while (my ($n, $v) = splice @list, 0, 2) { push @inner, element($n, $v, 1) }
        return $e->value(\SOAP::Data->value(@inner));
    }
    $value = $value ? 'true' : 'false' if JSON::PP::is_bool($value);
    return $e->type('')->value(SOAP::Utils::encode_data("$value")); # files are base64 already
}

sub plain {
    my ($value, $name) = @_;
    if (ref $value eq 'ARRAY') { return [map { plain($_, $name) } @$value] }
    if (ref $value) { return { map { $_ => plain($value->{$_}, $_) } keys %$value } }
    if (defined $value && $name && $file{$name}) { return encode_base64(decode_base64($value), '') }
    return $value;
}

sub call {
    my ($service, $name, @list) = @_;
    my $soap = SOAP::Lite->new->autotype(0)->readable(0);
    my @elements;
    if ($service eq 'ExportWebservice') { # phased out: it has no WSDL
        $soap->proxy("$base/soap/$service");
        $soap->default_ns('urn:loket-etl:soap:exportwebservice:v1');
    } else {
        my $op = operations($service)->{$name} or die "$service has no $name\n";
        my %args = @list;
        foreach my $p (@{ $op->{parameters} }) {
            my $n = $p->name;
            push @elements, element($n, delete $args{$n}) if exists $args{$n};
        }
        die "$name has no " . join(', ', keys %args) . "\n" if %args;
        my ($address, $action, $namespace) = map { "$op->{$_}" } qw(endpoint soapaction namespace); # they are objects
        $soap->proxy($address);
        $soap->default_ns($namespace);
        $soap->on_action(sub { qq("$action") });
    }
    $soap->serializer->register_ns($types, 't');
    my $som = $soap->call($name, @elements);
    die $soap->transport->status . "\n" unless ref $som;
    if ($som->fault) {
        my $detail = $som->faultdetail or die $som->faultstring . "\n";
        return { fault => { faultcode => $som->faultcode, faultstring => $som->faultstring, detail => plain($detail) } };
    }
    my $body = $som->valueof('//Body');
    my $reply = $body->{"${name}Response"};
    return { ok => plain($reply) };
}

while (my $line = <STDIN>) {
    my $request = $json->decode($line);
    my $reply = eval {
        exists $request->{operation}
            ? call($request->{service}, $request->{operation}, @{ $request->{args} })
            : { ok => [sort keys %{ operations($request->{service}) }] };
    };
    $reply = { error => "$@" } unless $reply;
    print $json->encode($reply), "\n";
}
