"""Makes the s.yaml of one connector on Function Compute from s.template.yaml and a file of parameters (YAML), and
reports all problems before anything is built or sent: python function_compute.py CONNECTOR NAME FILE CODE OUT [FUNCTION].
CODE is the zip, OUT the s.yaml. FUNCTION is a function built on this machine; it checks its options. What Function
Compute does with the file is not known here."""

import difflib
import functools
import json
import os
import pathlib
import re
import subprocess
import sys

import jsonschema
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
HERE = pathlib.Path(__file__).resolve().parent
# Secrets that a user's login needs. Serverless Devs puts them in from the environment of whoever deploys.
PASSWORDS = {"ConnectionUser": "SLUICE_CONNECTION_PASSWORD", "KafkaUser": "SLUICE_KAFKA_SASL_PASSWORD"}
LARGEST_ENVIRONMENT = 4096  # bytes of all names and values ("Environment variables")
# "Quotas and limits": GB of memory for one vCPU.
MEMORY_OF_CPU = (1, 4)


class Refused(Exception):
    """The problems, one a line."""


@functools.cache
def template():
    """Nobody changes it: `fill` makes new parts."""
    return yaml.safe_load((ROOT / "s.template.yaml").read_text())


def kind_of(connector):
    """sink or source, as the connector's Cargo.toml says."""
    manifest = (ROOT / "functions" / connector / "Cargo.toml").read_text()
    return re.search(r'^kind = "(\w+)"$', manifest, re.M)[1]


def rules_of(kind):
    """The parameters of connectors of a kind."""
    return {name: rule for name, rule in template()["parameters"].items() if rule.get("kind", kind) == kind}


@functools.cache
def schema():
    return json.loads((HERE / "fc3" / "schema.json").read_text())


def read(path):
    try:
        given = yaml.safe_load(pathlib.Path(path).read_text()) or {}
    except OSError as error:
        raise Refused(f"{error.strerror}; see docs/function-compute.md for what to put there")
    except yaml.YAMLError as error:
        raise Refused(" ".join(str(error).split()))
    if not isinstance(given, dict):
        raise Refused("write one `Parameter: value` on each line")
    return given


def values(rules, given, name):
    """Every parameter that has a value, in its type, and what is wrong."""
    made, problems = {"Name": name}, []
    for unknown in given.keys() - rules.keys():
        near = difflib.get_close_matches(str(unknown), rules, 1)
        if unknown in template()["parameters"]:
            problems.append(f"{unknown}: it is only for a {template()['parameters'][unknown]['kind']}")
        else:
            problems.append(f"no such parameter: {unknown}" + (f"; did you mean {near[0]}?" if near else ""))
    for parameter, rule in rules.items():
        value = given.get(parameter)
        if value in (None, "", []):
            value = rule.get("default")
            value = name if value == "{{Name}}" else value
        if value is None:
            if not rule.get("optional"):
                problems.append(f"{parameter} must have a value: {rule['about']}")
            continue
        wrong = wrong_value(rule, value)
        if wrong:
            problems.append(f"{parameter}: {wrong}")
        else:
            made[parameter] = value
    return made, problems


def wrong_value(rule, value):
    kind = rule.get("type", "text")
    if "${" in str(value):
        return "must not contain ${: Serverless Devs would put something else there"
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if kind == "flag":
        return None if isinstance(value, bool) else "must be true or false"
    if kind == "number":
        if not number or not rule["least"] <= value <= rule["most"]:
            return f"must be a number from {rule['least']} to {rule['most']}"
        return None
    if kind == "options":
        return None if isinstance(value, dict) else "must be options by their dotted names"
    if kind == "list":
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            return "must be a list"
        wrong = [item for item in value if not re.fullmatch(rule["pattern"], item)]
        return f"{wrong[0]} does not match {rule['pattern']}" if wrong else None
    if not isinstance(value, str):
        return "must be text"
    if "allowed" in rule and value not in rule["allowed"]:
        return f"must be one of {', '.join(rule['allowed'])}, not {value}"
    if "pattern" in rule and not re.fullmatch(rule["pattern"], value):
        return f"{value} does not match {rule['pattern']}"
    return None


def fill(part, made):
    """A part of the template with values in it; None where nothing is left."""
    if isinstance(part, dict):
        filled = {key: fill(value, made) for key, value in part.items()}
        return {key: value for key, value in filled.items() if value is not None} or None
    if isinstance(part, list):
        return [value for value in (fill(item, made) for item in part) if value is not None] or None
    name = re.fullmatch(r"\{\{(\w+)\}\}", part) if isinstance(part, str) else None
    return made.get(name[1]) if name else part


def text(value):
    return str(value).lower() if isinstance(value, bool) else str(value)


def describe(made, kind):
    """The content of s.yaml."""
    document = fill(template()["template"], made)
    props = document["resources"]["connector"]["props"]
    own = fill(template()[kind], made)
    props["environmentVariables"] |= own.pop("environmentVariables")
    props |= own
    if "project" not in props["logConfig"]:
        del props["logConfig"]
    variables = {key: text(value) for key, value in props["environmentVariables"].items()}
    for parameter, variable in PASSWORDS.items():
        if parameter in made:
            variables[variable] = f"${{env('{variable}')}}"
    for option, value in made.get("MoreOptions", {}).items():
        variables["SLUICE_" + str(option).upper().replace(".", "_")] = text(value)
    props["environmentVariables"] = variables
    return document


def together(made, kind):
    """What does not go together."""
    theirs = [made.get(name) for name in ("KafkaVpcId", "KafkaVSwitchId", "KafkaSecurityGroupId")]
    if any(theirs) and not all(theirs):
        yield "KafkaVpcId, KafkaVSwitchId and KafkaSecurityGroupId only work together"
    if {"MaximumRetryAttempts", "MaximumEventAgeSeconds"} & made.keys() and made.get("TriggerTolerance") == "NONE":
        yield "MaximumRetryAttempts and MaximumEventAgeSeconds need TriggerTolerance=ALL: otherwise the trigger never gives a batch up"
    if kind == "source":
        yield from together_in_a_source(made)
    network = [made.get(name) for name in ("VpcId", "VSwitchIds", "SecurityGroupId")]
    if any(network) and not all(network):
        yield "VpcId, VSwitchIds and SecurityGroupId only work together"
    if ("LogProject" in made) != ("LogStore" in made):
        yield "LogProject and LogStore only work together"
    if made.get("TriggerTolerance") == "ALL" and "DeadLetterQueueArn" not in made:
        yield "TriggerTolerance=ALL needs DeadLetterQueueArn: without a queue failed batches are lost"
    if made.get("TriggerTolerance") == "NONE" and "DeadLetterQueueArn" in made:
        yield "DeadLetterQueueArn needs TriggerTolerance=ALL: otherwise the trigger never gives a batch up"
    if "KafkaUser" in made and not {"KafkaMechanism", "KafkaSecurity"} <= made.keys():
        yield "KafkaUser needs KafkaMechanism and KafkaSecurity"
    if "DeadLetterTopic" in made and "BootstrapServers" not in made:
        yield "DeadLetterTopic needs BootstrapServers: the event does not name the brokers"
    if made.get("ErrorsTolerance") == "all" and "DeadLetterTopic" not in made:
        yield "ErrorsTolerance=all needs DeadLetterTopic"
    if {"MemorySize", "Cpu"} <= made.keys():
        least, most = MEMORY_OF_CPU
        if not least <= made["MemorySize"] / 1024 / made["Cpu"] <= most:
            yield f"MemorySize must be {least} to {most} GB for one vCPU of Cpu"
    for option in made.get("MoreOptions", {}):
        if re.search(r"(password|secret|token)$", str(option)):
            yield f"MoreOptions: {option} is a secret: set it as a variable of the function in the console"


def together_in_a_source(made):
    if "BootstrapServers" not in made:
        yield "a source needs BootstrapServers: no event names the brokers"
    if "timestamp" in made.get("Mode", "") and "TimestampColumn" not in made:
        yield f"Mode={made['Mode']} needs TimestampColumn"


def check(document, kind):
    """Holds an s.yaml to fc3's published schema, and its trigger to the part of it that the schema leaves open."""
    props = document["resources"]["connector"]["props"]
    yield from violations(schema(), props)
    for trigger in props["triggers"]:
        # The schema allows anything there: one of its alternatives has no required member.
        definition = {"sink": "IEventBridge", "source": "ITimerTriggerConfig"}[kind]
        rules = {"$ref": f"#/definitions/{definition}", "definitions": schema()["definitions"]}
        yield from violations(rules, trigger["triggerConfig"])
        yield from violations({"sink": TRIGGER, "source": TIMER}[kind], trigger["triggerConfig"])
    size = sum(len(key.encode()) + len(value.encode()) for key, value in props["environmentVariables"].items())
    if size > LARGEST_ENVIRONMENT:
        yield f"the options take {size} bytes, and {LARGEST_ENVIRONMENT} fit into the environment of a function"


def violations(rules, value):
    for error in jsonschema.Draft7Validator(rules).iter_errors(value):
        yield f"{'.'.join(map(str, error.absolute_path)) or 'props'}: {error.message}"


def closed(properties, optional=()):
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def whole(least, most):
    return {"type": "integer", "minimum": least, "maximum": most}


TEXT = {"type": "string", "minLength": 1}
KAFKA = {name: TEXT for name in ("RegionId", "InstanceId", "Topic", "ConsumerGroup")} | {
    "OffsetReset": {"enum": ["earliest", "latest"]},
    "Network": {"enum": ["Default", "PublicNetwork"]},
    "VpcId": TEXT,
    # One text, unlike the list of the function's own network.
    "VSwitchIds": TEXT,
    "SecurityGroupId": TEXT,
}
NETWORK = ["VpcId", "VSwitchIds", "SecurityGroupId"]
RETRY = {
    "PushRetryStrategy": {"enum": ["BACKOFF_RETRY", "EXPONENTIAL_DECAY_RETRY"]},
    "MaximumRetryAttempts": {"type": "integer", "minimum": 0},
    "MaximumEventAgeInSeconds": {"type": "integer", "minimum": 60},
}
RUN = {
    # Kafka knows no other mode.
    "mode": {"const": "event-streaming"},
    "maximumTasks": whole(1, 300),
    "errorsTolerance": {"enum": ["NONE", "ALL"]},
    "retryStrategy": closed(RETRY, optional=["MaximumRetryAttempts", "MaximumEventAgeInSeconds"]),
    "deadLetterQueue": closed({"Arn": {"type": "string", "pattern": "^acs:"}}),
    "batchWindow": closed({"CountBasedWindow": whole(1, 10000), "TimeBasedWindow": whole(0, 15)}),
}
# What fc3's schema leaves open: its names and values are in "ApsaraMQ for Kafka triggers" and "Advanced features".
TRIGGER = {
    "type": "object",
    "properties": {
        # An asynchronous invocation counts as done before the function has answered.
        "asyncInvocationType": {"const": False},
        "eventSourceConfig": closed(
            {
                "eventSourceType": {"const": "Kafka"},
                "eventSourceParameters": closed({"sourceKafkaParameters": closed(KAFKA, optional=NETWORK)}),
            }
        ),
        "eventSinkConfig": closed(
            {
                "deliveryOption": closed(
                    {
                        "mode": {"const": "event-streaming"},
                        "eventSchema": {"enum": ["CloudEvents", "RawData"]},
                        "concurrency": whole(1, 300),
                    }
                )
            }
        ),
        "runOptions": closed(RUN, optional=["deadLetterQueue"]),
    },
}


# "Time triggers".
TIMER = closed({"enable": {"type": "boolean"}, "cronExpression": TEXT})


def ask(function, document):
    """The problems that the function itself has with its options. It connects to nothing."""
    props = document["resources"]["connector"]["props"]
    # A secret is not known here, and any will do.
    given = {
        key: "not-known" if value.startswith("${env(") else value
        for key, value in props["environmentVariables"].items()
    }
    here = {"FC_FUNCTION_NAME": props["functionName"], "PATH": os.environ["PATH"]} | given
    command = [function, "--check-configuration"]
    lines = subprocess.run(command, env=here, capture_output=True, text=True, timeout=60).stdout.splitlines()
    if not lines or not lines.pop().startswith("configuration: "):
        note(f"{function} does not know --check-configuration: build it again to have its options checked")
        return []
    return lines


def note(words):
    print(f"deploy: {words}", file=sys.stderr)


def make(name, given, code, kind="sink"):
    """The s.yaml of these parameters.

    Raises Refused with every problem."""
    made, problems = values(rules_of(kind), given, name)
    problems += together(made, kind)
    if not problems:
        document = describe(made | {"Code": code}, kind)
        problems += check(document, kind)
    if problems:
        raise Refused("\n".join(problems))
    return document


def main(connector, name, path, code, out, function=None):
    try:
        document = make(name, read(path), code, kind_of(connector))
        problems = ask(function, document) if function else []
        if problems:
            raise Refused("\n".join(problems))
    except Refused as words:
        sys.exit("\n".join(f"{path}: {line}" for line in str(words).splitlines()))
    head = f"# {connector}, made from s.template.yaml and {path} by scripts/deploy-function-compute.sh.\n"
    pathlib.Path(out).write_text(head + yaml.safe_dump(document, sort_keys=False, allow_unicode=True))


if __name__ == "__main__":
    main(*sys.argv[1:])
