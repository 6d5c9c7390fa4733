# measure.pl: runs one program after the other, and writes what each cost to descriptor 3, a line for each: its exit
# status, the microseconds of CPU time that it took, user and system together, and its peak resident memory in KiB.
# What to run is read from descriptor 0, a line for each call: its environment (NAME=value), an empty field, and the
# program with its arguments; each field ends with a NUL.
#
# In Perl, because Linux counts the memory of the starting process as the program's, and because what runs between two
# calls takes their place in the caches of the processor: a process of Node or Bun is larger than what is to be
# measured. Perl is part of every Debian, and can call wait4(2), which tells all this of one child.
use strict;
use warnings;
use POSIX ();

my $WAIT4 = { x86_64 => 61, aarch64 => 260 }->{(POSIX::uname())[4]} // die "measure.pl does not know this processor\n";

open my $results, '>&=', 3 or die "descriptor 3: $!\n";
my @calls = map { [split /\0/] } <STDIN>;
open STDIN, '<', '/dev/null' or die "/dev/null: $!\n";
for my $call (@calls) {
  my @fields = @$call;
  my %environment;
  while ((my $entry = shift @fields) ne '') {
    my ($name, $value) = split /=/, $entry, 2;
    $environment{$name} = $value;
  }
  pop @fields; # the newline
  local %ENV = %environment;
  my $program = fork // die "fork: $!\n";
  if ($program == 0) { exec { $fields[0] } @fields or die "$fields[0]: $!\n" }

  my ($status, $usage) = (pack('i', 0), pack('q18', (0) x 18));
  syscall($WAIT4, $program, $status, 0, $usage) == $program or die "wait4: $!\n";
  my ($userSeconds, $userMicros, $systemSeconds, $systemMicros, $peak) = unpack 'q5', $usage;
  my $micros = ($userSeconds + $systemSeconds) * 1_000_000 + $userMicros + $systemMicros;
  my $code = unpack 'i', $status;
  print $results join(' ', $code & 127 ? 128 + ($code & 127) : $code >> 8, $micros, $peak), "\n";
}
