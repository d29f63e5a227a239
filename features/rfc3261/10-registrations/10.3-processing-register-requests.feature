@sip-core
Feature: 10.3 Processing REGISTER Requests

  The SIP/IP core is the registrar of the home network: it says where each of its users is, and for how long.

  Background:
    Given the SIP/IP core is under test
    And Alice is offline

  Scenario: A registration
    When Alice registers
    Then the SIP/IP core answers Alice's REGISTER where
      | requirement     | field        | expectation                         |
      | RFC3261-10.3-1  | status       | is 200                              |
      | RFC3261-10.3-1  | Contact URI  | is the same as in Alice's REGISTER  |
      | RFC3261-10.3-1  | Contact      | has parameter expires               |
      | RFC3261-10.3-2  | Record-Route | is absent                           |

  Scenario: Two contacts
    Given Alice's client changes what it sends
      | message  | change                                            |
      | REGISTER | add header Contact to sip:alice@work.example   |
    When Alice registers
    Then the SIP/IP core answers Alice's REGISTER where
      | requirement     | field    | expectation                           |
      | RFC3261-10.3-1  | status   | is 200                                |
      | RFC3261-10.3-3  | Contact  | includes at Alice's client            |
      | RFC3261-10.3-3  | Contact  | includes sip:alice@work.example       |

  Scenario: Only a question
    Given Alice's client changes what it sends
      | message      | change              |
      | 2nd REGISTER | drop header Contact |
    When Alice registers
    And Alice registers again
    Then the SIP/IP core answers Alice's 2nd REGISTER where
      | requirement     | field    | expectation                |
      | RFC3261-10.3-4  | status   | is 200                     |
      | RFC3261-10.3-4  | Contact  | includes at Alice's client |

  Scenario: A registration that ends
    Given Bob is a registered IM user
    When Alice registers
    And Alice goes offline
    And Bob sends Alice a message of 200 bytes
    Then the SIP/IP core answers Alice's 2nd REGISTER where
      | requirement     | field    | expectation |
      | RFC3261-10.3-5  | status   | is 200      |
      | RFC3261-10.3-5  | Contact  | is absent   |
    And the SIP/IP core sends Alice no MESSAGE [RFC3261-10.3-5]

  Scenario: All registrations end
    Given Alice's client changes what it sends
      | message      | change                                            |
      | 1st REGISTER | add header Contact to sip:alice@work.example   |
      | 2nd REGISTER | set header Contact to *                           |
    When Alice registers
    And Alice goes offline
    Then the SIP/IP core answers Alice's 2nd REGISTER where
      | requirement     | field    | expectation |
      | RFC3261-10.3-6  | status   | is 200      |
      | RFC3261-10.3-6  | Contact  | is absent   |

  @invalid
  Scenario: All contacts, and not to end
    Given Alice's client changes what it sends
      | message      | change                  |
      | 2nd REGISTER | set header Contact to * |
    When Alice registers
    And Alice registers again
    Then the SIP/IP core answers Alice's 2nd REGISTER where
      | requirement     | field    | expectation |
      | RFC3261-10.3-7  | status   | is 400      |

  @invalid
  Scenario: An older request
    Given Alice's client changes what it sends
      | message      | change                       |
      | 2nd REGISTER | set header CSeq to 0 REGISTER |
    When Alice registers
    And Alice registers again
    Then the SIP/IP core answers Alice's 2nd REGISTER where
      | requirement     | field    | expectation                      |
      | RFC3261-10.3-8  | status   | is one of 400, 403, 409, 500     |

  Scenario: Too short a time
    Given Alice's client changes what it sends
      | message  | change                  |
      | REGISTER | set header Expires to 5 |
    When Alice registers
    Then the SIP/IP core answers Alice's REGISTER where
      | requirement     | field        | expectation       |
      | RFC3261-10.3-9  | status       | is one of 200, 423 |
      | RFC3261-10.3-9  | Min-Expires  | is a number       |

  @invalid
  Scenario: An unknown extension
    Given Alice's client changes what it sends
      | message  | change                    |
      | REGISTER | set header Require to foo |
    When Alice registers
    Then the SIP/IP core answers Alice's REGISTER where
      | requirement     | field        | expectation        |
      | RFC3261-10.3-10 | status       | is 420             |
      | RFC3261-10.3-10 | Unsupported  | has option tag foo |
