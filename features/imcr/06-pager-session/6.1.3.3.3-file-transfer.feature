@im-client @files
Feature: 6.1.3.3.3 File transfer and file sharing in Pager Mode

  A file travels as a message does. Its name, type and size stand in the offer, so that the recipient can decide
  before any of it comes; a preview may help him.

  Background:
    Given Alice's IM client is under test
    And Bob is a registered IM user

  @originating
  Scenario: One file
    When Alice sends Bob a message of 20000 bytes
      | option    | value       |
      | file name | minutes.txt |
    Then Alice's client sends an INVITE where
      | requirement             | field                  | expectation                    |
      | IMCR-6.1.3.3.2-6        | SDP attribute filename | is present                     |
      | IMCR-6.1.3.3.2-6        | SDP attribute filetype | is present                     |
      | IMCR-6.1.3.3.2-6        | SDP attribute filesize | is present                     |
      | IMCR-6.1.3.3.3-intro1   | SDP attribute filename | is present                     |
      | IMCR-6.1.3.3.3-intro1   | SDP attribute filesize | is present                     |
      | IMCR-6.1.3.3.3-1.0      | SDP attribute filename | is present                     |
      | IMCR-6.1.3.3.3-1.0      | SDP attribute filetype | is present                     |
      | IMCR-6.1.3.3.3-1.0      | SDP attribute filesize | is present                     |
      | IMCR-6.1.3.3.3-1.1a     | SDP attribute filename | is one of minutes.txt, "minutes.txt" |
      | IMCR-6.1.3.3.3-1.1b     | SDP attribute filetype | is text/plain                  |
      | IMCR-6.1.3.3.3-1.1c     | SDP attribute filesize | is the size of the message     |
      | IMCR-6.1.3.3.2-5.1      | SDP                    | is a valid offer               |
      | IMCR-6.1.3.3.2-5d       | SDP direction          | is sendonly                    |

  @originating
  Scenario: To be kept, not shown
    When Alice sends Bob a message of 20000 bytes
      | option           | value       |
      | file name        | minutes.txt |
      | file disposition | attachment  |
    Then Alice's client sends an INVITE where
      | requirement             | field                     | expectation                  |
      | IMCR-6.1.3.3.3-1.2.2    | SDP attribute disposition | is one of inline, attachment |

  @originating
  Scenario: With a preview
    When Alice sends Bob a message of 20000 bytes
      | option    | value            |
      | file name | minutes.txt      |
      | preview   | Minutes of today |
    Then Alice's client sends an INVITE where
      | requirement             | field              | expectation      |
      | IMCR-6.1.3.3.3-4.1      | SDP attribute icon | is present       |
      | IMCR-6.1.3.3.3-4.1      | part image/png     | is present       |
      | IMCR-6.1.3.3.3-4.1      | body               | is well-formed   |
      | IMCR-6.1.3.3.3-4.2      | SDP information    | is present       |
      | IMCR-6.1.3.3.2-5.1      | SDP                | is well-formed   |

  @terminating
  Scenario Outline: Offered with a disposition
    When Bob sends Alice a message of 20000 bytes
      | option           | value         |
      | file name        | minutes.txt   |
      | file disposition | <disposition> |
    Then Alice's client answers the INVITE where
      | requirement             | field  | expectation |
      | IMCR-6.1.3.3.3-1.2.1    | status | is not 488  |

    Examples:
      | disposition |
      | inline      |
      | attachment  |

  @terminating
  Scenario: Offered in the form of RFC 5547
    Given Bob's client changes what it sends
      | message | change                                                                          |
      | INVITE  | set SDP attribute file-selector to name:"minutes.txt" type:text/plain size:20000 |
      | INVITE  | set SDP attribute file-transfer-id to vBnG916bdberum2fFEABR1FR3ExZMUrd          |
      | INVITE  | set SDP attribute file-disposition to attachment                                |
    When Bob sends Alice a message of 20000 bytes
    Then Alice's client answers the INVITE where
      | requirement     | field                          | expectation                                           |
      | RFC5547-8.3.1-1 | SDP attribute file-selector    | is name:"minutes.txt" type:text/plain size:20000      |
      | RFC5547-8.3.1-2 | SDP attribute file-transfer-id | is vBnG916bdberum2fFEABR1FR3ExZMUrd                   |
      | RFC5547-8.3.1-3 | SDP direction                  | is recvonly                                           |
      | RFC5547-8.3.1-4 | SDP attribute file-icon        | is absent                                             |
      | RFC5547-8.3.1-4 | SDP attribute file-disposition | is absent                                             |
      | RFC5547-8.3.1-4 | SDP attribute file-date        | is absent                                             |
