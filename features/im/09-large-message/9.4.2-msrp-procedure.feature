@im-client @mid-session @large-messages
Feature: 9.4.2 Large Message Session: MSRP procedure

  How the message itself goes over MSRP, and when the connection may close.

  Background:
    Given Alice's IM client is under test
    And Bob is a registered IM user

  Scenario: Chunks
    When Alice sends Bob a message of 20000 bytes
    Then Alice's client sends the message over MSRP where
      | requirement      | field                    | expectation             |
      | IM-9.4.2-1a      | MSRP Content-Disposition | is present              |
      | IM-9.4.2-3.1     | chunks                   | carry the whole message |
      | RFC4975-7.1-1    | chunks                   | follow RFC 4975         |
      | IM-9.1.1.2-6.2   | total size               | is the size of the message |
    And Alice's client sends a BYE where
      | requirement      | field | expectation                             |
      | IM-9.4.2-close.2 | order | is after the last chunk is acknowledged |

  Scenario: The connection closes with the session
    Given Bob's client leaves the MSRP connection open
    When Alice sends Bob a message of 20000 bytes
    Then Alice's client closes the MSRP connection where
      | requirement      | field                                        | expectation                             |
      | IM-9.4.2-close.1 | order                                        | is after the last chunk is acknowledged |
      | IM-9.4.2-close.1 | seconds after the last chunk is acknowledged | at most 40                              |
      | IM-9.4.2-close.2 | order                                        | is after the last chunk is acknowledged |

  Scenario: The recipient opens the connection
    Given Bob's client opens the MSRP connection
    When Alice sends Bob a message of 20000 bytes
    Then Alice's client opens no MSRP connection [RFC6135-4.2.2-1]
    And Alice's client sends the message over MSRP where
      | requirement      | field  | expectation                      |
      | RFC6135-4.2.2-1  | chunks | carry the whole message          |
      | RFC6135-4.2.2-1  | order  | is after the MSRP connection is up |

  Scenario: Streams in pieces
    Given the network delivers streams one octet at a time
    When Alice sends Bob a message of 5000 bytes
    Then Alice's client sends the message over MSRP where
      | requirement      | field   | expectation             |
      | IM-9.4.2-3.1     | chunks  | carry the whole message |
      | IM-9.4.2-3.1     | content | is the message          |
    And Alice's client sends a BYE where
      | requirement    | field | expectation                                |
      | IM-9.1.1.2-end | order | is after the whole message is acknowledged |

  Scenario: As few chunks as possible
    When Alice sends Bob a message of 200000 bytes
      | option     | value |
      | few chunks | yes   |
    Then Alice's client sends the message over MSRP where
      | requirement    | field   | expectation             |
      | IM-9.4.2-3.1   | chunks  | carry the whole message |
      | IM-9.4.2-3.1   | content | is the message          |
      | RFC4975-7.1-1  | chunks  | follow RFC 4975         |
    And Alice's client sends a BYE where
      | requirement    | field | expectation                                |
      | IM-9.1.1.2-end | order | is after the whole message is acknowledged |

  Scenario: Shown on demand only
    When Alice sends Bob a message of 20000 bytes
      | option         | value |
      | show on demand | yes   |
    Then Alice's client sends the message over MSRP where
      | requirement   | field                    | expectation     |
      | IM-9.4.2-1b   | MSRP Content-Disposition | is attachment   |
      | RFC4975-7.1-1 | chunks                   | follow RFC 4975 |

  Scenario: Described
    When Alice sends Bob a message of 20000 bytes
      | option      | value            |
      | description | Minutes of today |
    Then Alice's client sends the message over MSRP where
      | requirement | field                    | expectation        |
      | IM-9.4.2-2  | MSRP Content-Description | is the description |

  Scenario: Content outside the session
    When Alice sends Bob a message of 20000 bytes
      | option           | value                                |
      | external content | http://content.home1.example/minutes |
    Then Alice's client sends the message over MSRP where
      | requirement  | field             | expectation               |
      | IM-9.4.2-3.2 | MSRP Content-Type | is message/external-body  |
      | IM-9.4.2-3.2 | MSRP Content-Type | has parameter access-type URL |
      | IM-9.4.2-3.2 | MSRP Content-Type | has parameter URL         |

  Scenario: No response is asked for
    When Alice sends Bob a message of 20000 bytes
      | option         | value |
      | failure report | no    |
    Then Alice's client sends a BYE where
      | requirement      | field | expectation                             |
      | IM-9.4.2-close.2 | order | is after the last chunk is acknowledged |

  @invalid
  Scenario Outline: A chunk is refused
    Given Bob's client changes what it sends
      | message               | change              |
      | MSRP 200              | delay 0.5 s         |
      | from the 3rd MSRP 200 | set status <status> |
    When Alice sends Bob a message of 60000 bytes
    Then Alice's client sends no chunk after the MSRP <status> [RFC4975-10-1]
    And Alice's client sends a BYE where
      | requirement   | field | expectation                   |
      | IM-9-2.1      | order | is after the MSRP <status>    |
    And Alice is told "failed" [RFC4975-5.3-1]
    And Alice is not told "delivered" [IM-9.1.1.2-200.3.2]

    Examples:
      | status |
      | 403    |
      | 413    |
      | 415    |
      | 481    |
      | 506    |

  @invalid
  Scenario: A chunk is refused while it is under way
    Given Bob's client takes no message of more than 1000000 bytes
    When Alice sends Bob a message of 10000000 bytes
      | option     | value |
      | few chunks | yes   |
    Then Alice's client sends the message over MSRP where
      | requirement    | field                                      | expectation |
      | RFC4975-10.5-1 | end of the chunk under way at the MSRP 413 | is not $    |
      | RFC4975-7.1-3  | end of the chunk under way at the MSRP 413 | is #        |
    And Alice's client sends no chunk after the MSRP 413 [RFC4975-10-1]
    And Alice's client sends a BYE where
      | requirement | field | expectation           |
      | IM-9-2.1    | order | is after the MSRP 413 |
    And Alice is told "failed" [RFC4975-5.3-1]
    And Alice is not told "delivered" [IM-9.1.1.2-200.3.2]

  @invalid
  Scenario: A failure is reported
    Given Bob's client changes what it sends
      | message     | change                                     |
      | MSRP REPORT | set header Status to 000 408 Timed out     |
    When Alice sends Bob a message of 20000 bytes
    Then Alice is not told "delivered" [IM-9.1.1.2-200.3.2]
    And Alice is told "failed" [RFC4975-5.3-1]
    And Alice's client sends a BYE where
      | requirement | field  | expectation |
      | IM-9-2.1    | method | is BYE      |

  @invalid
  Scenario: A failure is reported during the transfer
    Given Bob reports failure 403 once 3 chunks have come
    And Bob's client changes what it sends
      | message  | change      |
      | MSRP 200 | delay 0.5 s |
    When Alice sends Bob a message of 60000 bytes
    Then Alice's client sends no chunk after the failure report [RFC4975-7.3.2-2]
    And Alice is told "failed" [RFC4975-5.3-1]
    And Alice is not told "delivered" [IM-9.1.1.2-200.3.2]
    And Alice's client sends a BYE where
      | requirement | field | expectation                 |
      | IM-9-2.1    | order | is after the failure report |

  @invalid
  Scenario: A response is for another session
    Given Bob's client changes what it sends
      | message      | change                                                         |
      | 3rd MSRP 200 | set header To-Path to {MSRP of Alice's client}/nosuchsession;tcp |
      | MSRP REPORT  | swallow                                                        |
    When Alice sends Bob a message of 20000 bytes
    Then Alice is not told "delivered" [RFC4975-7.2-4]
    And Alice's client sends a BYE where
      | requirement    | field                         | expectation |
      | RFC4975-7.2-4  | seconds after the first chunk | at least 29 |
      | IM-9-2.1       | seconds after the first chunk | at most 45  |

  @invalid
  Scenario: A response belongs to nothing
    Given Bob's client changes what it sends
      | message      | change                      |
      | 3rd MSRP 200 | set transaction id nobody12 |
      | MSRP REPORT  | swallow                     |
    When Alice sends Bob a message of 20000 bytes
    Then Alice is not told "delivered" [RFC4975-7.2-1]
    And Alice's client sends a BYE where
      | requirement    | field                         | expectation |
      | RFC4975-7.2-1  | seconds after the first chunk | at least 29 |
      | IM-9-2.1       | seconds after the first chunk | at most 45  |

  @inopportune
  Scenario: No response for thirty seconds
    Given Bob's client changes what it sends
      | message     | change  |
      | MSRP 200    | swallow |
      | MSRP REPORT | swallow |
    When Alice sends Bob a message of 20000 bytes
    Then Alice is told "failed" [RFC4975-7.1.1-1]
    And Alice's client sends a BYE where
      | requirement      | field                         | expectation |
      | IM-9.4.2-close.2 | seconds after the first chunk | at least 29 |
      | IM-9-2.1         | seconds after the first chunk | at most 45  |

  @inopportune
  Scenario: The recipient releases during the transfer
    Given Bob releases the session once 3 chunks have come
    When Alice sends Bob a message of 200000 bytes
    Then Alice's client answers the BYE where
      | requirement | field  | expectation |
      | RFC3261-15.1.2-1 | status | is 200 |
    And Alice's client sends no chunk after the 200 to the BYE [RFC3261-15.1.2-1]
    And Alice is told "failed" [RFC4975-5.4-1]

  @inopportune
  Scenario: The connection breaks
    Given Bob aborts the MSRP connection once 3 chunks have come
    When Alice sends Bob a message of 200000 bytes
    Then Alice is told "failed" [RFC4975-5.4-1]
    And Alice's client sends a BYE where
      | requirement | field | expectation                              |
      | IM-9-2.1    | order | is after the MSRP connection is closed   |
    And Alice's client sends the message over MSRP where
      | requirement    | field  | expectation         |
      | RFC4975-5.4-3  | chunks | keep one Message-ID |

  @inopportune
  Scenario: A report for another message
    Given Bob's client changes what it sends
      | message     | change                             |
      | MSRP REPORT | set header Message-ID to foreign99 |
    When Alice sends Bob a message of 20000 bytes
    Then Alice is not told "delivered" [RFC4975-7.3.2-1]
    And Alice's client sends a BYE where
      | requirement    | field | expectation                             |
      | IM-9.1.1.2-end | order | is after the last chunk is acknowledged |
