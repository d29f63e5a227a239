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
    When Bob sends Alice a message of 20000 bytes
      | option    | value       |
      | file name | minutes.txt |
      | file form | RFC 5547    |
    Then Alice's client answers the INVITE where
      | requirement     | field                          | expectation                      |
      | RFC5547-8.3.1-1 | SDP file name                  | is the same as in Bob's INVITE   |
      | RFC5547-8.3.1-1 | SDP file type                  | is the same as in Bob's INVITE   |
      | RFC5547-8.3.1-1 | SDP file size                  | is the same as in Bob's INVITE   |
      | RFC5547-8.3.1-2 | SDP attribute file-transfer-id | is the same as in Bob's INVITE   |
      | RFC5547-8.3.1-3 | SDP direction                  | is recvonly                      |
      | RFC5547-8.3.1-4 | SDP attribute file-icon        | is absent                        |
      | RFC5547-8.3.1-4 | SDP attribute file-disposition | is absent                        |
      | RFC5547-8.3.1-4 | SDP attribute file-date        | is absent                        |
      | RFC5547-8.3.1-7 | SDP attribute file-range       | is the same as in Bob's INVITE   |
    And Alice is told "message" [RFC5547-8.3.1-8]
    And Alice is not told "mismatch" [RFC5547-8.3.1-8]

  @terminating
  Scenario: Offered with a disposition in the form of RFC 5547
    When Bob sends Alice a message of 20000 bytes
      | option           | value       |
      | file name        | minutes.txt |
      | file form        | RFC 5547    |
      | file disposition | attachment  |
    Then Alice's client answers the INVITE where
      | requirement     | field                          | expectation |
      | RFC5547-8.3.1-4 | status                         | is 200      |
      | RFC5547-8.3.1-4 | SDP attribute file-disposition | is absent   |

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
    Given Alice takes only the 2nd file
    When Bob sends Alice these files in the form of RFC 5547
      | file name   | content type | bytes |
      | minutes.txt | text/plain   | 20000 |
      | agenda.html | text/html    | 5000  |
    Then Alice's client answers the INVITE where
      | requirement   | field                                            | expectation                    |
      | RFC5547-8.3-1 | SDP port of the 1st medium                       | is 0                           |
      | RFC5547-8.3-1 | SDP attribute file-selector of the 1st medium    | is the same as in Bob's INVITE |
      | RFC5547-8.3-1 | SDP attribute file-transfer-id of the 1st medium | is the same as in Bob's INVITE |

  @terminating
  Scenario: Offered again while it comes
    Given Bob modifies the session once 3 chunks have gone
    When Bob sends Alice a message of 20000 bytes
      | option    | value       |
      | file name | minutes.txt |
      | file form | RFC 5547    |
    Then Alice's client answers the 2nd INVITE where
      | requirement     | field                          | expectation                    |
      | RFC5547-8.3.1-2 | SDP attribute file-transfer-id | is the same as in Bob's INVITE |
      | RFC5547-8.3.1-6 | status                         | is 200                         |
      | RFC5547-8.3.1-6 | SDP port                       | is not 0                       |
      | RFC5547-8.3.1-6 | SDP path                       | is Alice's path                |
    And Alice's client receives the message over MSRP where
      | requirement     | field                          | expectation                    |
      | RFC5547-8.3.1-6 | success reports                | cover the whole message        |

  @terminating @invalid
  Scenario: Another file under the same identifier
    Given Bob's client changes what it sends
      | message    | change                                                                          |
      | 2nd INVITE | set SDP attribute file-selector to name:"budget.txt" type:text/plain size:30000 |
    And Bob modifies the session once 3 chunks have gone
    When Bob sends Alice these files in the form of RFC 5547
      | file name   | content type | bytes |
      | minutes.txt | text/plain   | 20000 |
      | agenda.html | text/html    | 5000  |
    Then Alice's client answers the 2nd INVITE where
      | requirement   | field                      | expectation       |
      | RFC5547-8.1-1 | SDP port of the 1st medium | is 0              |
      | RFC5547-8.1-1 | SDP port of the 2nd medium | is not 0          |
      | RFC3264-6-2   | SDP                        | answers the offer |

  @originating
  Scenario: Described as in RFC 5547
    When Alice sends Bob a message of 20000 bytes
      | option    | value       |
      | file name | minutes.txt |
      | file form | RFC 5547    |
    Then Alice's client sends an INVITE where
      | requirement     | field                          | expectation                                 |
      | RFC5547-8.2.1-1 | SDP direction                  | is sendonly                                 |
      | RFC5547-8.2.1-2 | SDP attribute file-selector    | is present                                  |
      | RFC5547-8.2.1-3 | SDP attribute file-transfer-id | is present                                  |
      | RFC5547-6-1     | SDP file type                  | is absent or text/plain                     |
      | RFC5547-6-1     | SDP file size                  | is absent or the size of the message        |
      | RFC5547-6-1     | SDP file hash                  | is absent or the SHA-1 hash of the message  |
      | RFC5547-6-1     | SDP                            | is well-formed                              |
    And Alice's client sends the message over MSRP where
      | requirement     | field                          | expectation                                 |
      | RFC5547-8.7-1   | chunks                         | follow RFC 4975                             |

  @originating
  Scenario: One file after the other
    When Alice sends Bob these files in the form of RFC 5547 one after the other
      | file name   | content type | bytes |
      | minutes.txt | text/plain   | 20000 |
      | agenda.html | text/html    | 5000  |
    Then Alice's client sends another INVITE where
      | requirement     | field                          | expectation                                  |
      | RFC5547-8.6-2   | SDP file size                  | is absent or the size of the 2nd file        |
      | RFC5547-8.6-2   | SDP attribute file-transfer-id | is present                                   |
      | RFC5547-8.6-2   | SDP path                       | is not Alice's path                          |
    And Alice's client sends the 2nd message over MSRP where
      | requirement     | field                          | expectation                                  |
      | RFC5547-8.6-2   | content                        | is the 2nd file                              |
    And Alice's client sends 2 messages over MSRP in all [RFC5547-8.7-1]

  @originating
  Scenario: The recipient wants no more of it
    Given Bob breaks the message off once 3 chunks have come
    When Alice sends Bob a message of 60000 bytes
      | option         | value       |
      | file name      | minutes.txt |
      | file form      | RFC 5547    |
      | failure report | no          |
    Then Alice's client answers the INVITE where
      | requirement   | field    | expectation |
      | RFC5547-8.4-4 | status   | is 200      |
      | RFC5547-8.4-4 | SDP port | is 0        |
    And Alice's client sends no chunk after Bob's INVITE [RFC5547-8.4-4]

  @terminating
  Scenario: Broken off by the recipient
    Given Alice breaks the message off once 3 chunks have come
    When Bob sends Alice a message of 60000 bytes
      | option    | value       |
      | file name | minutes.txt |
      | file form | RFC 5547    |
    Then Alice's client sends an INVITE where
      | requirement   | field                          | expectation                    |
      | RFC5547-8.4-2 | order                          | is after the MSRP 413          |
      | RFC5547-8.4-2 | SDP port                       | is 0                           |
      | RFC5547-8.4-2 | SDP attribute file-selector    | is present                     |
      | RFC5547-8.4-2 | SDP attribute file-transfer-id | is the same as in Bob's INVITE |
      | RFC5547-8.4-2 | SDP direction                  | is recvonly                    |
    And Alice is not told "message" [RFC5547-8.4-2]

  @terminating
  Scenario: Broken off by the recipient where nobody hears responses
    Given Alice breaks the message off once 3 chunks have come
    When Bob sends Alice a message of 60000 bytes
      | option         | value       |
      | file name      | minutes.txt |
      | file form      | RFC 5547    |
      | failure report | no          |
    Then Alice's client sends an INVITE where
      | requirement   | field                          | expectation                    |
      | RFC5547-8.4-3 | SDP port                       | is 0                           |
      | RFC5547-8.4-3 | SDP attribute file-transfer-id | is the same as in Bob's INVITE |
    And Alice's client receives the message over MSRP where
      | requirement   | field                          | expectation                    |
      | RFC5547-8.4-3 | responses                      | is absent                      |

  @terminating
  Scenario: Another file when the first is there
    When Bob sends Alice these files in the form of RFC 5547 one after the other
      | file name   | content type | bytes |
      | minutes.txt | text/plain   | 20000 |
      | agenda.html | text/html    | 5000  |
    Then Alice's client answers the 2nd INVITE where
      | requirement     | field                          | expectation                    |
      | RFC5547-8.6-1   | status                         | is 200                         |
      | RFC5547-8.6-1   | SDP file name                  | is the same as in Bob's INVITE |
      | RFC5547-8.6-1   | SDP attribute file-transfer-id | is the same as in Bob's INVITE |
      | RFC5547-8.6-1   | SDP path                       | is not Alice's path            |
      | RFC5547-8.3.1-3 | SDP direction                  | is recvonly                    |
    And Alice's client receives the 2nd message over MSRP where
      | requirement     | field                          | expectation                    |
      | RFC5547-8.6-1   | responses                      | acknowledge with 200           |
      | RFC5547-8.6-1   | success reports                | cover the whole message        |

  @terminating @invalid
  Scenario: Another file while the first comes
    Given Bob's client changes what it sends
      | message    | change                                                                          |
      | 2nd INVITE | set SDP attribute file-selector to name:"budget.txt" type:text/plain size:30000 |
      | 2nd INVITE | set SDP attribute file-transfer-id to vBnG916bdberum2fFEABR1FR3ExZMUrd          |
    And Bob modifies the session once 3 chunks have gone
    When Bob sends Alice a message of 20000 bytes
      | option    | value       |
      | file name | minutes.txt |
      | file form | RFC 5547    |
    Then Alice's client answers the 2nd INVITE where
      | requirement   | field           | expectation                            |
      | RFC5547-8.7-3 | status          | is one of 403, 488, 491, 500, 603, 606 |
    And Alice's client receives the message over MSRP where
      | requirement   | field           | expectation                            |
      | RFC5547-8.7-3 | success reports | cover the whole message                |

  @terminating @invalid
  Scenario Outline: What comes is another file
    Given Bob's client changes what it sends
      | message   | change   |
      | <message> | <change> |
    When Bob sends Alice a message of 20000 bytes
      | option    | value       |
      | file name | minutes.txt |
      | file form | RFC 5547    |
    Then Alice is told "mismatch" [RFC5547-8.3.1-8]
    And Alice is not told "message" [RFC5547-8.3.1-8]

    Examples:
      | way           | message       | change                                                                                                                                            |
      | other hash    | INVITE        | set SDP attribute file-selector to name:"minutes.txt" type:text/plain size:20000 hash:sha-1:72:24:5F:E8:65:3D:DA:F3:71:36:2F:86:D4:71:91:3E:E4:A2:CE:2E |
      | other content | 3rd MSRP SEND | scramble                                                                                                                                          |

  @terminating @invalid
  Scenario: Octets that the file does not have
    Given Bob's client changes what it sends
      | message | change                                    |
      | INVITE  | set SDP attribute file-range to 1-30000   |
    When Bob sends Alice these files in the form of RFC 5547
      | file name   | content type | bytes |
      | minutes.txt | text/plain   | 20000 |
      | agenda.html | text/html    | 5000  |
    Then Alice's client answers the INVITE where
      | requirement     | field                      | expectation |
      | RFC5547-8.3.1-9 | SDP port of the 1st medium | is 0        |
      | RFC5547-8.3.1-9 | SDP port of the 2nd medium | is not 0    |
