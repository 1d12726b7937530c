"""Lets cloudsplaining judge policies.

usage: judge_policies.py FILE

The file has a list of {"name", "statements", "trust"}: all that one role may do, and who may take it. Prints a
list of {"rule", "on"}.
"""

import json
import sys

from cloudsplaining.scan.assume_role_policy_document import AssumeRolePolicyDocument
from cloudsplaining.scan.policy_document import PolicyDocument

ANY = "any principal"


def document(statements):
    return {"Version": "2012-10-17", "Statement": statements}


def permissions(statements):
    # Whatever the resource and the condition: what such an action is good for.
    risky = PolicyDocument(
        document(statements), flag_conditional_statements=True, flag_resource_arn_statements=True
    )
    for method in risky.allows_privilege_escalation:
        yield f"privilege escalation: {method['type']}"
    for action in risky.allows_data_exfiltration_actions:
        yield f"data exfiltration: {action}"
    for action in risky.permissions_management_without_constraints:
        yield f"resource exposure: {action}"
    for action in risky.credentials_exposure:
        yield f"credentials exposure: {action}"
    # What is bound neither to resources nor by conditions.
    free = PolicyDocument(document(statements))
    for action in free.infrastructure_modification:
        yield f"infrastructure modification: {action}"
    for service in free.service_wildcard:
        yield f"service wildcard: {service}"


def trust(statements):
    roles = AssumeRolePolicyDocument(document(statements), current_account_id="123456789012")
    for found, who in (
        (roles.role_assumable_by_any_principal, ANY),
        (roles.role_assumable_by_any_principal_with_conditions, f"{ANY}, on conditions"),
        (roles.role_assumable_by_cross_account_principals, "another account"),
    ):
        if found:
            yield f"assumable by {who}"


with open(sys.argv[1], encoding="utf-8") as file:
    policies = json.load(file)
json.dump(
    [
        {"rule": rule, "on": policy["name"]}
        for policy in policies
        for rule in sorted({*permissions(policy["statements"]), *trust(policy["trust"])})
    ],
    sys.stdout,
)
