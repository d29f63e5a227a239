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

  @originating
  Scenario: The preview is not understood
    Given Bob's client answers the invitation with 415
    When Alice sends Bob a message of 20000 bytes
      | option    | value            |
      | file name | minutes.txt      |
      | preview   | Minutes of today |
    Then Alice's client sends another INVITE where
      | requirement             | field                  | expectation        |
      | RFC5547-8.8-1           | method                 | is INVITE          |
      | RFC5547-8.8-1           | Content-Type           | is application/sdp |
      | RFC5547-8.8-1           | SDP attribute filename | is minutes.txt     |
      | RFC5547-8.8-1           | SDP attribute icon     | is absent          |

  @originating
  Scenario: Several files
    When Alice sends Bob these files
      | file name   | content type | bytes |
      | minutes.txt | text/plain   | 20000 |
      | agenda.html | text/html    | 5000  |
      | notes.txt   | text/plain   | 3000  |
    Then Alice's client sends an INVITE where
      | requirement             | field                                    | expectation                          |
      | IMCR-6.1.3.3.3-3        | SDP media lines                          | is 3                                 |
      | IMCR-6.1.3.3.3-3        | SDP attribute filename of the 1st medium | is one of minutes.txt, "minutes.txt" |
      | IMCR-6.1.3.3.3-3        | SDP attribute filename of the 2nd medium | is one of agenda.html, "agenda.html" |
      | IMCR-6.1.3.3.3-3        | SDP attribute filename of the 3rd medium | is one of notes.txt, "notes.txt"     |
      | IMCR-6.1.3.3.3-3        | SDP attribute filename of the 1st medium | stands once                          |
      | IMCR-6.1.3.3.3-3        | SDP attribute filetype of the 1st medium | is text/plain                        |
      | IMCR-6.1.3.3.3-3        | SDP attribute filetype of the 2nd medium | is text/html                         |
      | IMCR-6.1.3.3.3-3        | SDP attribute filetype of the 3rd medium | is text/plain                        |
      | IMCR-6.1.3.3.3-3        | SDP attribute filesize of the 1st medium | is the size of the 1st file          |
      | IMCR-6.1.3.3.3-3        | SDP attribute filesize of the 2nd medium | is the size of the 2nd file          |
      | IMCR-6.1.3.3.3-3        | SDP attribute filesize of the 3rd medium | is the size of the 3rd file          |
      | RFC5547-8.2-1           | SDP                                      | is a valid offer                     |
      | RFC5547-8.2-1           | SDP path of the 1st medium               | stands once                          |
      | RFC5547-8.2-1           | SDP path of the 2nd medium               | stands once                          |
      | RFC5547-8.2-1           | SDP path of the 3rd medium               | stands once                          |
      | RFC5547-8.2.1-1         | SDP direction of the 1st medium          | is sendonly                          |
      | RFC5547-8.2.1-1         | SDP direction of the 2nd medium          | is sendonly                          |
      | RFC5547-8.2.1-1         | SDP direction of the 3rd medium          | is sendonly                          |
    And Alice's client sends the message over MSRP where
      | requirement             | field                                    | expectation                          |
      | RFC5547-8.2.3-1         | content                                  | is the 1st file                      |
      | RFC5547-8.7-1           | chunks                                   | follow RFC 4975                      |
    And Alice's client sends the 2nd message over MSRP where
      | requirement             | field                                    | expectation                          |
      | RFC5547-8.2.3-1         | content                                  | is the 2nd file                      |
      | RFC5547-8.7-1           | chunks                                   | follow RFC 4975                      |
    And Alice's client sends the 3rd message over MSRP where
      | requirement             | field                                    | expectation                          |
      | RFC5547-8.2.3-1         | content                                  | is the 3rd file                      |
      | RFC5547-8.7-1           | chunks                                   | follow RFC 4975                      |
    And Alice's client sends 3 messages over MSRP in all [RFC5547-8.7-1]

  @originating
  Scenario: Only one of the files is wanted
    Given Bob takes only the 2nd file
    When Alice sends Bob these files
      | file name   | content type | bytes |
      | minutes.txt | text/plain   | 5000  |
      | agenda.html | text/html    | 20000 |
    Then Alice's client sends the message over MSRP where
      | requirement             | field                  | expectation                               |
      | RFC5547-8.2.3-1         | content                | is the 2nd file                           |
      | RFC5547-8.7-1           | chunks                 | follow RFC 4975                           |
    And Alice's client sends 1 message over MSRP in all [RFC3264-6-1]
    And Alice's client sends a BYE where
      | requirement             | field                  | expectation                               |
      | RFC5547-8.7-2           | order                  | is after the last chunk is acknowledged   |

  @originating
  Scenario: Broken off by the sender
    Given Alice breaks the message off once 3 chunks have gone
    When Alice sends Bob a message of 20000 bytes
      | option    | value       |
      | file name | minutes.txt |
    Then Alice's client sends a BYE where
      | requirement             | field                  | expectation |
      | RFC5547-8.4-1           | method                 | is BYE      |

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

  @terminating
  Scenario: One of several files is taken
    Given Alice takes only the 2nd file
    When Bob sends Alice these files
      | file name   | content type | bytes |
      | minutes.txt | text/plain   | 20000 |
      | agenda.html | text/html    | 5000  |
      | notes.txt   | text/plain   | 3000  |
    Then Alice's client answers the INVITE where
      | requirement             | field                      | expectation             |
      | IMCR-6.1.3.3.3-intro2   | SDP media lines            | is 3                    |
      | IMCR-6.1.3.3.3-intro2   | SDP port of the 1st medium | is 0                    |
      | IMCR-6.1.3.3.3-intro2   | SDP port of the 2nd medium | is not 0                |
      | IMCR-6.1.3.3.3-intro2   | SDP port of the 3rd medium | is 0                    |
      | RFC3264-6-2             | SDP                        | answers the offer       |
    And Alice's client receives the message over MSRP where
      | requirement             | field                      | expectation             |
      | IMCR-6.1.3.3.3-intro2   | content                    | is the 2nd file         |
      | IMCR-6.1.3.3.3-intro2   | success reports            | cover the whole message |

  @terminating
  Scenario: All of several files are taken
    When Bob sends Alice these files
      | file name   | content type | bytes |
      | minutes.txt | text/plain   | 20000 |
      | agenda.html | text/html    | 5000  |
    Then Alice's client answers the INVITE where
      | requirement             | field                           | expectation             |
      | RFC5547-8.3.1-3         | SDP direction of the 1st medium | is recvonly             |
      | RFC5547-8.3.1-3         | SDP direction of the 2nd medium | is recvonly             |
      | RFC3264-6-2             | SDP                             | answers the offer       |
    And Alice's client receives the message over MSRP where
      | requirement             | field                           | expectation             |
      | RFC5547-8.2.3-2         | responses                       | acknowledge with 200    |
      | RFC5547-8.2.3-2         | success reports                 | cover the whole message |
    And Alice's client receives the 2nd message over MSRP where
      | requirement             | field                           | expectation             |
      | RFC5547-8.2.3-2         | responses                       | acknowledge with 200    |
      | RFC5547-8.2.3-2         | success reports                 | cover the whole message |

  @terminating
  Scenario: A file in the form of RFC 5547 is rejected
    Given Bob's client changes what it sends
      | message | change                                                                          |
      | INVITE  | set SDP attribute file-selector to name:"minutes.txt" type:text/plain size:20000 |
      | INVITE  | set SDP attribute file-transfer-id to vBnG916bdberum2fFEABR1FR3ExZMUrd          |
    And Alice takes only the 2nd file
    When Bob sends Alice these files
      | file name   | content type | bytes |
      | minutes.txt | text/plain   | 20000 |
      | agenda.html | text/html    | 5000  |
    Then Alice's client answers the INVITE where
      | requirement   | field                                            | expectation                                      |
      | RFC5547-8.3-1 | SDP port of the 1st medium                       | is 0                                             |
      | RFC5547-8.3-1 | SDP attribute file-selector of the 1st medium    | is name:"minutes.txt" type:text/plain size:20000 |
      | RFC5547-8.3-1 | SDP attribute file-transfer-id of the 1st medium | is vBnG916bdberum2fFEABR1FR3ExZMUrd              |

  @terminating
  Scenario: Offered again while it comes
    Given Bob's client changes what it sends
      | message | change                                                                          |
      | INVITE  | set SDP attribute file-selector to name:"minutes.txt" type:text/plain size:20000 |
      | INVITE  | set SDP attribute file-transfer-id to vBnG916bdberum2fFEABR1FR3ExZMUrd          |
    And Bob modifies the session once 3 chunks have gone
    When Bob sends Alice a message of 20000 bytes
      | option    | value       |
      | file name | minutes.txt |
    Then Alice's client answers the 2nd INVITE where
      | requirement     | field                          | expectation                         |
      | RFC5547-8.3.1-2 | SDP attribute file-transfer-id | is vBnG916bdberum2fFEABR1FR3ExZMUrd |
      | RFC5547-8.3.1-6 | status                         | is 200                              |
      | RFC5547-8.3.1-6 | SDP port                       | is not 0                            |
      | RFC5547-8.3.1-6 | SDP path                       | is Alice's path                     |
    And Alice's client receives the message over MSRP where
      | requirement     | field                          | expectation                         |
      | RFC5547-8.3.1-6 | success reports                | cover the whole message             |

  @terminating @invalid
  Scenario: Another file under the same identifier
    Given Bob's client changes what it sends
      | message    | change                                                                            |
      | INVITE     | set SDP attribute file-selector to name:"minutes.txt" type:text/plain size:20000 |
      | INVITE     | set SDP attribute file-transfer-id to vBnG916bdberum2fFEABR1FR3ExZMUrd            |
      | 2nd INVITE | set SDP attribute file-selector to name:"budget.txt" type:text/plain size:30000  |
    And Bob modifies the session once 3 chunks have gone
    When Bob sends Alice these files
      | file name   | content type | bytes |
      | minutes.txt | text/plain   | 20000 |
      | agenda.html | text/html    | 5000  |
    Then Alice's client answers the 2nd INVITE where
      | requirement   | field                      | expectation       |
      | RFC5547-8.1-1 | SDP port of the 1st medium | is 0              |
      | RFC5547-8.1-1 | SDP port of the 2nd medium | is not 0          |
      | RFC3264-6-2   | SDP                        | answers the offer |
