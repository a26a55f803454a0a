"""Computes what CloudFormation would create from template.yaml: SAM's translator, then parameters, rules and
conditions. It knows the intrinsic functions that the template uses and refuses any other. It cannot know what AWS
does with the resources."""

import copy
import difflib
import functools
import os
import pathlib
import re

from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

ROOT = pathlib.Path(__file__).resolve().parents[2]
PSEUDO = {
    "AWS::AccountId": "123456789012",
    "AWS::Partition": "aws",
    "AWS::Region": "eu-central-1",
    "AWS::StackName": "orders-sink",
}
ABSENT = object()
# The translator needs a region, although nothing in the template depends on it.
os.environ.setdefault("AWS_DEFAULT_REGION", PSEUDO["AWS::Region"])


class Refused(Exception):
    """The parameters do not fit together, or one of them is not what it should be."""


class NoManagedPolicies:
    """For a translator that would ask IAM for the ARNs of managed policies."""

    def load(self):
        return {}


@functools.cache
def text():
    return (ROOT / "template.yaml").read_text()


@functools.cache
def _parsed():
    return yaml_parse(text())


def source():
    """A copy of the template as it is written; callers may change it."""
    return copy.deepcopy(_parsed())


@functools.cache
def _translation():
    return translate(_parsed())


def translate(template):
    """What SAM creates from a template, with the code in the place where `sam package` would put it."""
    template = copy.deepcopy(template)
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = "s3://artifacts/bootstrap.zip"
    return transform(template, {}, NoManagedPolicies())


class Stack:
    """The template under these parameters: `resources`, `outputs`, all functions evaluated."""

    def __init__(self, given, template=None):
        self.template = translate(template) if template else _translation()
        self.parameters, problems = check(self.template["Parameters"], given)
        problems += self._violations(self.template["Rules"])
        if problems:
            raise Refused("\n".join(problems))
        self.resources = {
            name: self.value({k: v for k, v in resource.items() if k != "Condition"})
            for name, resource in self.template["Resources"].items()
            if self.holds(resource.get("Condition"))
        }
        self.outputs = {
            name: self.value(output["Value"])
            for name, output in self.template["Outputs"].items()
            if self.holds(output.get("Condition"))
        }

    def _violations(self, rules):
        """One line for each assertion that does not hold. What is about a parameter without a value is left out."""
        for rule in rules.values():
            if "RuleCondition" in rule and not (self._is_known(rule["RuleCondition"]) and self.value(rule["RuleCondition"])):
                continue
            for assertion in rule["Assertions"]:
                if self._is_known(assertion["Assert"]) and not self.value(assertion["Assert"]):
                    yield assertion["AssertDescription"]

    def _is_known(self, node):
        """Whether every parameter in a part of the template has a value."""
        if isinstance(node, dict):
            return all(
                part in self.parameters if name == "Ref" else self._is_known(part) for name, part in node.items()
            )
        return all(map(self._is_known, node)) if isinstance(node, list) else True

    def holds(self, condition):
        return condition is None or self.value(self.template["Conditions"][condition])

    def value(self, node):
        """A part of the template with every function evaluated; AWS::NoValue is left out."""
        if isinstance(node, dict):
            if len(node) == 1:
                (name, argument), = node.items()
                if name == "Ref" or name == "Condition" and isinstance(argument, str) or name.startswith("Fn::"):
                    return self._function(name.removeprefix("Fn::"), argument)
            pairs = ((name, self.value(part)) for name, part in node.items())
            return {name: part for name, part in pairs if part is not ABSENT}
        if isinstance(node, list):
            return [part for part in map(self.value, node) if part is not ABSENT]
        return node

    def _function(self, name, argument):
        match name:
            case "Ref":
                return self._ref(argument)
            case "Condition":
                return self.holds(argument)
            case "GetAtt":
                resource, attribute = argument.split(".", 1) if isinstance(argument, str) else argument
                return self._attribute(resource, attribute)
            case "If":
                condition, then, otherwise = argument
                return self.value(then if self.holds(condition) else otherwise)
            case "Equals":
                # CloudFormation compares values as text.
                left, right = map(str, map(self.value, argument))
                return left == right
            case "Not":
                return not self.value(argument[0])
            case "And":
                return all(map(self.value, argument))
            case "Or":
                return any(map(self.value, argument))
            case "Contains":
                among, wanted = map(self.value, argument)
                return wanted in among
            case "Join":
                delimiter, parts = argument
                return delimiter.join(self.value(parts))
            case "Split":
                delimiter, whole = argument
                return self.value(whole).split(delimiter)
            case "Select":
                index, parts = argument
                return self.value(parts)[int(index)]
            case "FindInMap":
                table, first, second = map(self.value, argument)
                return self.template["Mappings"][table][first][second]
            case "Sub":
                return self._substitute(*(argument if isinstance(argument, list) else [argument, {}]))
        raise NotImplementedError(name)

    def _ref(self, name):
        if name == "AWS::NoValue":
            return ABSENT
        if name in PSEUDO:
            return PSEUDO[name]
        if name in self.parameters:
            return self.parameters[name]
        resource = self.template["Resources"][name]
        assert self.holds(resource.get("Condition")), f"{name} is referred to, and is not made"
        return resource.get("Properties", {}).get("LogGroupName") and self._function(
            "Sub", resource["Properties"]["LogGroupName"]["Fn::Sub"]
        ) or (PSEUDO["AWS::StackName"] if resource["Type"] == "AWS::Lambda::Function" else f"ref-{name}")

    def _attribute(self, resource, attribute):
        here = f"arn:aws:%s:{PSEUDO['AWS::Region']}:{PSEUDO['AWS::AccountId']}:"
        kind = self.template["Resources"][resource]["Type"]
        if kind == "AWS::Lambda::Function":
            return here % "lambda" + f"function:{PSEUDO['AWS::StackName']}"
        if kind == "AWS::Logs::LogGroup":
            return here % "logs" + f"log-group:{self._ref(resource)}:*"
        if kind == "AWS::IAM::Role":
            return f"arn:aws:iam::{PSEUDO['AWS::AccountId']}:role/{resource}"
        return here % kind.split("::")[1].lower() + f"{resource}.{attribute}"

    def _substitute(self, template, values):
        def replace(found):
            name = found[1]
            if name.startswith("!"):
                return "${" + name[1:] + "}"
            if name in values:
                return str(self.value(values[name]))
            return str(self._attribute(*name.split(".")) if "." in name else self._ref(name))

        return re.sub(r"\$\{([^}]+)\}", replace, template)


def check(declared, given):
    """The values of all parameters, and one line for each problem for which CloudFormation would refuse them. A
    parameter with a problem has no value."""
    problems = [f"no such parameter: {name}{nearest(name, declared)}" for name in given if name not in declared]
    values = {}
    for name, parameter in declared.items():
        if name not in given and "Default" not in parameter:
            problems.append(f"{name} must have a value")
            continue
        value = str(given.get(name, parameter.get("Default")))
        if fits(parameter, value):
            values[name] = value.split(",") if parameter["Type"] == "CommaDelimitedList" else value
        else:
            problems.append(f"{name}={value}: {wanted(parameter)}")
    return values, problems


def fits(parameter, value):
    if parameter["Type"] == "Number":
        try:
            number = float(value)
        except ValueError:
            return False
        if not parameter.get("MinValue", number) <= number <= parameter.get("MaxValue", number):
            return False
    return (
        value in map(str, parameter.get("AllowedValues", [value]))
        and re.search(parameter.get("AllowedPattern", ""), value) is not None
        and len(value) >= parameter.get("MinLength", 0)
    )


def wanted(parameter):
    """What a value must be, in the template's words or as its list of values."""
    if "ConstraintDescription" in parameter:
        return parameter["ConstraintDescription"]
    allowed = [str(value) or "nothing" for value in parameter.get("AllowedValues", [])]
    return f"must be one of {', '.join(allowed)}" if allowed else "not allowed"


def nearest(name, declared):
    close = difflib.get_close_matches(name, declared, 1)
    return f"; did you mean {close[0]}?" if close else ""
