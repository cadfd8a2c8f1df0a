/**
 * Read by Perl before the example that Net::SMPP is shipped with, which stays as it is: its port is in its text, it says
 * of a PDU only which command it was, and it accepts everything. What Net::SMPP decodes of each PDU is a line of JSON
 * in a file, and a test may have it refuse, or end. The example dies of an answer, and sends no receipt: answers go no further than
 * the record, and a receipt follows a submit that asks for one.
 */
export const PERL_SMSC_RECORDING: string = String.raw`
package Recording;
use strict;
use warnings;
no warnings 'redefine';
use IO::Handle;
use JSON::PP;
use Net::SMPP;

open(my $record, '>>', $ENV{SMSC_RECORD}) or die "Can't record: $!";
$record->autoflush(1);
my $json = JSON::PP->new->ascii->canonical;
my ($listen, $read, $bound, $respond) = map { Net::SMPP->can($_) } qw(new_listen read_pdu bind_transceiver_resp submit_sm_resp);
my ($submit, $submits) = (undef, 0);

*Net::SMPP::new_listen = sub {
  my ($class, $host, %settings) = @_;
  return $class->$listen('127.0.0.1', %settings, port => $ENV{SMSC_PORT});
};

*Net::SMPP::read_pdu = sub {
  my ($me) = @_;
  while (my $pdu = $me->$read()) {
    print $record $json->encode({ %$pdu, name => Net::SMPP::pdu_tab->{ $pdu->{cmd} }{cmd} }), "\n";
    $submit = $pdu if $pdu->{cmd} == 0x00000004;
    return $pdu unless $pdu->{cmd} & 0x80000000;
  }
  return undef;
};

*Net::SMPP::bind_transceiver_resp = sub {
  my ($me, %answer) = @_;
  return $me->$bound(%answer, status => $ENV{SMSC_BIND_STATUS});
};

*Net::SMPP::submit_sm_resp = sub {
  my ($me, %answer) = @_;
  $submits++;
  kill '-KILL', getpgrp if $submits == $ENV{SMSC_KILLED_AT};
  my $takes_no_more = $ENV{SMSC_THROTTLE_EACH} && $submits % $ENV{SMSC_THROTTLE_EACH} == 0;
  $me->$respond(%answer, status => $takes_no_more ? 0x58 : 0);
  return if $takes_no_more || !($submit->{registered_delivery} & 1);
  my $text = "id:$answer{message_id} sub:001 dlvrd:001 submit date:2611291200 done date:2611291201 stat:DELIVRD err:000 text:";
  $me->deliver_sm(
    async => 1, esm_class => 4, short_message => $text,
    source_addr => $submit->{destination_addr}, destination_addr => $submit->{source_addr},
    map({ ("source_addr_$_" => $submit->{"dest_addr_$_"}, "dest_addr_$_" => $submit->{"source_addr_$_"}) } qw(ton npi)),
    receipted_message_id => "$answer{message_id}\0", message_state => "\2",
  );
};

1;
`;
