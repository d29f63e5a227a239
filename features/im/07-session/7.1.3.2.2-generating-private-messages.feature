@im-client @mid-session @conferences @private-messages
Feature: 7.1.3.2.2 Generating Private Messages in IM Session

  A private message goes to the conference too; CPIM says for whom alone it is.

  Background:
    Given Alice's IM client is under test
    And Bob and Carol are registered IM users

  Scenario: To one participant
    When Alice invites Bob and Carol to a conference
    And Alice sends Bob privately "Between the two of us" in the session
    Then Alice's client sends the message over MSRP where
      | requirement         | field             | expectation        |
      | IM-7.1.3.2.2-0      | chunks            | follow RFC 4975    |
      | IM-7.1.3.2.2-0      | MSRP Content-Type | is message/cpim    |
      | IM-7.1.3.2.2-0      | CPIM message      | is well-formed     |
      | IM-7.1.3.2.2-0      | content           | is the message     |
      | IM-7.1.3.2.2-to     | CPIM To           | is Bob's address   |
      | RFC7701-6.2-1       | CPIM To           | stands once        |
      | IM-7.1.3.2.2-from.1 | CPIM From         | is Alice's address |
    And Alice's client sends no MESSAGE [IM-7.1.3.2.2-0]
    And Bob is told "private-message" [IM-7.1.3.2.2-to]
    And Carol is not told "private-message" [IM-7.1.3.2.2-to]

  Scenario: To several participants
    When Alice invites Bob and Carol to a conference
    And Alice sends Bob and Carol privately "Between the three of us" in the session
    Then Alice's client sends the message over MSRP where
      | requirement     | field   | expectation                              |
      | IM-7.1.3.2.2-to | CPIM To | is one of Bob's address, Carol's address |
      | RFC7701-6.2-1   | CPIM To | stands once                              |
    And Alice's client sends the last message over MSRP where
      | requirement     | field   | expectation                              |
      | IM-7.1.3.2.2-to | CPIM To | is one of Bob's address, Carol's address |
      | RFC7701-6.2-1   | CPIM To | stands once                              |

  Scenario: Anonymously
    When Alice invites Bob and Carol to a conference anonymously
    And Alice sends Bob privately "Guess who" in the session
    Then Alice's client sends the message over MSRP where
      | requirement         | field     | expectation               |
      | IM-7.1.3.2.2-from.2 | CPIM From | is the From of the INVITE |
      | IM-7.1.3.2.2-from.2 | CPIM From | is not Alice's address    |

  @invalid
  Scenario: The recipient takes no private messages
    Given the conference server changes what it sends
      | message  | change                                   |
      | MSRP 200 | set status 428 Private messages disabled |
    When Alice invites Bob and Carol to a conference
    And Alice sends Bob privately "Between the two of us" in the session
    Then Alice is told "failed" [RFC4975-5.3-1]
