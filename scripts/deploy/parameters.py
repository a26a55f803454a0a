"""Reads a file of parameters (YAML) and reports all its problems before anything is built or sent:
python parameters.py CONNECTOR ARCHITECTURE STACK FILE OUT [FUNCTION]. Writes the parameters to OUT in the form
that SAM reads. FUNCTION is a function built on this machine; it checks whether it can start with these options."""

import json
import os
import pathlib
import subprocess
import sys

import yaml

import stack


def read(path):
    try:
        given = yaml.safe_load(pathlib.Path(path).read_text()) or {}
    except OSError as error:
        raise stack.Refused(f"{error.strerror}; see docs/deploy.md for what to put there")
    except yaml.YAMLError as error:
        raise stack.Refused(" ".join(str(error).split()))
    if not isinstance(given, dict):
        raise stack.Refused("write one `Parameter: value` on each line")
    return {str(name): plain(value) for name, value in given.items()}


def plain(value):
    """The value in the spelling of CloudFormation, which writes YAML's true in another way."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ",".join(map(plain, value))
    return "" if value is None else str(value)


def variables(made):
    """The environment of the function that the stack creates."""
    kinds = (resource for resource in made.resources.values() if resource["Type"] == "AWS::Lambda::Function")
    return next(kinds)["Properties"]["Environment"]["Variables"]


def ask(function, name, given):
    """Refuses options with which the function would not start. It connects to nothing."""
    here = {"AWS_LAMBDA_FUNCTION_NAME": name, "AWS_REGION": stack.PSEUDO["AWS::Region"]}
    here |= {"PATH": os.environ["PATH"]} | {key: str(value) for key, value in given.items()}
    command = [function, "--check-configuration"]
    lines = subprocess.run(command, env=here, capture_output=True, text=True, timeout=60).stdout.splitlines()
    if not lines or not lines.pop().startswith("configuration: "):
        return note(f"{function} does not support --check-configuration: build it again to have its options checked")
    # The files of a layer exist only in AWS.
    unchecked = [line for line in lines if line.startswith("not checked: ") or "/opt/" in line]
    for line in unchecked:
        note(line)
    problems = [line for line in lines if line not in unchecked]
    if problems:
        raise stack.Refused("\n".join(problems))


def note(words):
    print(f"deploy: {words}", file=sys.stderr)


def main(connector, architecture, name, path, out, function=None):
    try:
        given = {"Connector": connector, "Architecture": architecture} | read(path)
        if given["Connector"] != connector:
            raise stack.Refused(f"Connector is {given['Connector']} there, and {connector} was asked for")
        if given["Architecture"] != architecture:
            raise stack.Refused(f"Architecture is {given['Architecture']} there: give --arch {given['Architecture']}")
        stack.PSEUDO["AWS::StackName"] = name
        made = stack.Stack(given)
        if function:
            ask(function, name, variables(made))
    except stack.Refused as words:
        sys.exit("\n".join(f"{path}: {line}" for line in str(words).splitlines()))
    pathlib.Path(out).write_text(json.dumps(given, indent=1))


if __name__ == "__main__":
    main(*sys.argv[1:])
