"""Every call that is simulated, as botocore sends it and reads the answer: golden transcripts.

botocore is the reference: its serializer is what our own client's requests are held against, and its
parser reads what the real EC2 answers."""

import base64
import datetime
import socket
import urllib.parse
import urllib.request

import botocore.exceptions
import pytest

from simulated_cloud import IMAGE, wait_until

SPOT = {"MarketType": "spot",
        "SpotOptions": {"SpotInstanceType": "one-time", "InstanceInterruptionBehavior": "terminate"}}
ASKED = {"ImageId": IMAGE, "InstanceType": "c7i.large", "MinCount": 1, "MaxCount": 1}
NOWHERE = "i-0123456789abcdef0"


def tagged(*kinds):
    return [{"ResourceType": kind, "Tags": [{"Key": "mayfly:run", "Value": "7"}]} for kind in kinds]


@pytest.fixture
def ec2(cloud):
    cloud.script({"do": "delays", "boot": "0s", "shutdown": "0s"},
                 {"do": "price", "usd": "0.45"})
    return cloud.client("ec2")


def test_one_machine(cloud, ec2, transcript):
    whole = {**ASKED, "ClientToken": "token-1", "InstanceMarketOptions": SPOT,
             "SubnetId": "subnet-0000000000000000b", "SecurityGroupIds": ["sg-00000000000000002"],
             "IamInstanceProfile": {"Name": "mayfly-worker"},
             "InstanceInitiatedShutdownBehavior": "terminate",
             "UserData": "#!/bin/sh\necho 'it runs & <prints>'\n",
             "MetadataOptions": {"HttpTokens": "required", "HttpEndpoint": "enabled",
                                 "HttpPutResponseHopLimit": 1, "InstanceMetadataTags": "enabled"},
             "BlockDeviceMappings": [{"DeviceName": "/dev/xvda",
                                      "Ebs": {"VolumeSize": 100, "VolumeType": "gp3",
                                              "DeleteOnTermination": True, "Encrypted": True}}],
             "TagSpecifications": tagged("instance", "volume", "network-interface",
                                         "spot-instances-request")}
    made = transcript.say(ec2, "RunInstances", **whole)["Instances"][0]["InstanceId"]
    assert ec2.run_instances(**whole)["Instances"][0]["InstanceId"] == made
    transcript.say(ec2, "RunInstances", **{**whole, "InstanceType": "c7i.xlarge"})
    cloud.wait_for(made, "running")
    for name, value in (("client-token", "token-1"), ("tag:mayfly:run", "7"),
                        ("instance-state-name", "running"), ("instance-lifecycle", "spot")):
        found = ec2.describe_instances(Filters=[{"Name": name, "Values": [value]}])
        assert [r["Instances"][0]["InstanceId"] for r in found["Reservations"]] == [made], name
    none = ec2.describe_instances(Filters=[{"Name": "client-token", "Values": ["another"]}])
    assert none["Reservations"] == []
    transcript.say(ec2, "DescribeInstances", InstanceIds=[made])
    transcript.say(ec2, "DescribeInstanceStatus", InstanceIds=[made], IncludeAllInstances=True)
    transcript.say(ec2, "DescribeSpotInstanceRequests")
    transcript.say(ec2, "DescribeInstanceAttribute", InstanceId=made,
                   Attribute="instanceInitiatedShutdownBehavior")
    cloud.wait_for_console(made, "it runs")
    told = transcript.say(ec2, "GetConsoleOutput", InstanceId=made, Latest=True)
    assert told["Output"] == "it runs & <prints>\n"
    transcript.say(ec2, "TerminateInstances", InstanceIds=[made, NOWHERE])
    transcript.say(ec2, "TerminateInstances", InstanceIds=[made])
    cloud.wait_for(made, "terminated")
    transcript.say(ec2, "TerminateInstances", InstanceIds=[made])
    transcript.say(ec2, "RunInstances", **whole)


def test_a_host_that_is_resized(cloud, ec2, transcript):
    made = cloud.launch(InstanceType="t3.2xlarge")
    cloud.wait_for(made, "running")
    smaller = {"InstanceId": made, "InstanceType": {"Value": "t3.small"}}
    transcript.say(ec2, "ModifyInstanceAttribute", **smaller)
    transcript.say(ec2, "StopInstances", InstanceIds=[made])
    cloud.wait_for(made, "stopped")
    transcript.say(ec2, "ModifyInstanceAttribute", **smaller)
    transcript.say(ec2, "DescribeInstanceAttribute", InstanceId=made, Attribute="instanceType")
    transcript.say(ec2, "StartInstances", InstanceIds=[made])
    cloud.wait_for(made, "running")
    transcript.say(ec2, "RebootInstances", InstanceIds=[made])
    transcript.say(ec2, "ModifyInstanceAttribute", InstanceId=made, DisableApiStop={"Value": True})
    transcript.say(ec2, "DescribeInstanceAttribute", InstanceId=made, Attribute="disableApiStop")
    transcript.say(ec2, "StopInstances", InstanceIds=[made])


def test_a_host_that_does_not_start(cloud, ec2, transcript):
    made = cloud.launch(InstanceType="t3.2xlarge")
    cloud.wait_for(made, "running")
    ec2.stop_instances(InstanceIds=[made])
    cloud.wait_for(made, "stopped")
    cloud.script({"do": "capacity", "type": "t3.2xlarge", "left": 0})
    transcript.say(ec2, "StartInstances", InstanceIds=[made])
    cloud.script({"do": "clear"}, {"do": "quota", "code": "L-1216C47A", "value": 7})
    transcript.say(ec2, "StartInstances", InstanceIds=[made])
    cloud.script({"do": "quota", "code": "L-1216C47A", "value": 64},
                 {"do": "deaths", "type": "t3.2xlarge", "code": "Server.InternalError"},
                 {"do": "delays", "boot": "0s"})
    transcript.say(ec2, "StartInstances", InstanceIds=[made])
    cloud.wait_for(made, "stopped")
    found = ec2.describe_instances(InstanceIds=[made])["Reservations"][0]["Instances"][0]
    assert found["StateReason"]["Code"] == "Server.InternalError"


def test_an_allocated_address_stays_with_a_host_that_stops(cloud, ec2):
    made = cloud.launch(InstanceType="t3.small")
    cloud.wait_for(made, "running")
    allocated = ec2.allocate_address()
    ec2.associate_address(AllocationId=allocated["AllocationId"], InstanceId=made)
    ec2.stop_instances(InstanceIds=[made])
    cloud.wait_for(made, "stopped")
    assert ec2.describe_addresses()["Addresses"][0]["InstanceId"] == made
    ec2.terminate_instances(InstanceIds=[made])
    assert "InstanceId" not in ec2.describe_addresses()["Addresses"][0]


def test_a_command_in_a_host(cloud, ec2, transcript):
    ssm = cloud.client("ssm")
    made = cloud.launch(InstanceType="t3.small")
    cloud.wait_for(made, "running")
    asked = {"DocumentName": "AWS-RunShellScript", "InstanceIds": [made], "Comment": "mayfly looks",
             "TimeoutSeconds": 60}
    command = transcript.say(ssm, "SendCommand", **asked,
                             Parameters={"commands": ["echo out of $0", "echo err >&2", "exit 3"]})

    def ended(identity):
        return ssm.get_command_invocation(CommandId=identity, InstanceId=made)["Status"] != "InProgress"
    real = command["Command"]["CommandId"]
    wait_until(lambda: ended(real), "the command has ended")
    found = ssm.get_command_invocation(CommandId=real, InstanceId=made)
    assert (found["Status"], found["ResponseCode"]) == ("Failed", 3)
    assert found["StandardOutputContent"].startswith("out of ")
    assert found["StandardErrorContent"] == "err\n"
    cloud.script({"do": "agent", "instance": made, "output": "as it is told\n"})
    told = ssm.send_command(**asked, Parameters={"commands": ["false"]})["Command"]["CommandId"]
    transcript.say(ssm, "GetCommandInvocation", CommandId=told, InstanceId=made)
    transcript.say(ssm, "GetCommandInvocation", CommandId=real, InstanceId=NOWHERE)
    cloud.script({"do": "agent", "instance": made, "reachable": False})
    transcript.say(ssm, "SendCommand", **asked, Parameters={"commands": ["true"]})


def test_figures_over_time(cloud, transcript):
    cloud.script({"do": "metric", "instance": NOWHERE, "name": "CPUUtilization", "values": [1, 2, 3, 4]})
    now = datetime.datetime.now(datetime.timezone.utc)
    stat = {"Metric": {"Namespace": "AWS/EC2", "MetricName": "CPUUtilization",
                       "Dimensions": [{"Name": "InstanceId", "Value": NOWHERE}]},
            "Period": 3600, "Stat": "Maximum"}
    asked = {"MetricDataQueries": [{"Id": "m1", "MetricStat": stat}], "ScanBy": "TimestampAscending",
             "StartTime": now - datetime.timedelta(hours=1), "EndTime": now}
    answer = transcript.say(cloud.client("cloudwatch"), "GetMetricData", **asked)
    assert answer["MetricDataResults"][0]["Values"] == [4]


def test_a_fleet(cloud, ec2, transcript):
    data = {"ImageId": IMAGE, "UserData": base64.b64encode(b"#!/bin/sh\n").decode(),
            "InstanceInitiatedShutdownBehavior": "terminate",
            "MetadataOptions": {"HttpTokens": "required"}, "TagSpecifications": tagged("volume")}
    made = transcript.say(ec2, "CreateLaunchTemplate", LaunchTemplateName="mayfly-7",
                          ClientToken="t", LaunchTemplateData=data,
                          TagSpecifications=tagged("launch-template"))
    template = made["LaunchTemplate"]["LaunchTemplateId"]
    transcript.say(ec2, "DescribeLaunchTemplates", LaunchTemplateIds=[template])
    transcript.say(ec2, "CreateLaunchTemplate", LaunchTemplateName="mayfly-7",
                   LaunchTemplateData=data)
    cloud.script({"do": "capacity", "type": "c6i.large", "left": 0})
    pools = [{"InstanceType": "c6i.large", "SubnetId": "subnet-0000000000000000a"},
             {"InstanceType": "c7i.large", "SubnetId": "subnet-0000000000000000b"}]
    wanted = {"Type": "instant", "ClientToken": "f",
              "SpotOptions": {"AllocationStrategy": "price-capacity-optimized"},
              "LaunchTemplateConfigs": [{
                  "LaunchTemplateSpecification": {"LaunchTemplateId": template,
                                                  "Version": "$Latest"},
                  "Overrides": pools}],
              "TargetCapacitySpecification": {"TotalTargetCapacity": 1,
                                              "DefaultTargetCapacityType": "spot"},
              "TagSpecifications": tagged("fleet", "instance")}
    fleet = transcript.say(ec2, "CreateFleet", **wanted)["FleetId"]
    assert ec2.create_fleet(**wanted)["FleetId"] == fleet
    cloud.script({"do": "capacity", "left": 0})
    transcript.say(ec2, "CreateFleet", **{**wanted, "ClientToken": "g"})
    transcript.say(ec2, "DescribeFleets", FleetIds=[fleet])
    transcript.say(ec2, "DeleteFleets", FleetIds=[fleet], TerminateInstances=True)
    transcript.say(ec2, "DeleteLaunchTemplate", LaunchTemplateId=template)


def test_what_machines_leave_behind(cloud, ec2, transcript):
    cloud.script({"do": "delays", "volume-lingers": "1h", "interface-lingers": "1h",
                  "request-lingers": "1h", "boot": "0s", "shutdown": "0s", "snapshot": "0s"})
    made = cloud.launch(TagSpecifications=tagged("instance", "volume"), InstanceMarketOptions=SPOT)
    cloud.wait_for(made, "running")
    held = [{"Name": "attachment.instance-id", "Values": [made]}]
    volume = transcript.say(ec2, "DescribeVolumes", Filters=held)["Volumes"][0]["VolumeId"]
    transcript.say(ec2, "DescribeNetworkInterfaces", Filters=held)
    snapshot = transcript.say(ec2, "CreateSnapshot", VolumeId=volume, Description="before the end",
                              TagSpecifications=tagged("snapshot"))["SnapshotId"]
    transcript.say(ec2, "CreateSnapshot", VolumeId=volume)
    transcript.say(ec2, "DescribeSnapshots", OwnerIds=["self"],
                   Filters=[{"Name": "tag:mayfly:run", "Values": ["7"]}])
    transcript.say(ec2, "DeleteSnapshot", SnapshotId=snapshot)
    transcript.say(ec2, "CreateTags", Resources=[made], Tags=[{"Key": "seen", "Value": "yes"}])
    transcript.say(ec2, "DescribeTags", Filters=[{"Name": "resource-id", "Values": [made]}])
    transcript.say(ec2, "DeleteTags", Resources=[made], Tags=[{"Key": "seen"}])
    address = transcript.say(ec2, "AllocateAddress", Domain="vpc")["AllocationId"]
    transcript.say(ec2, "AssociateAddress", AllocationId=address, InstanceId=made)
    transcript.say(ec2, "ReleaseAddress", AllocationId=address)
    transcript.say(ec2, "DescribeAddresses")
    transcript.say(ec2, "DeleteVolume", VolumeId=volume)
    ec2.terminate_instances(InstanceIds=[made])
    cloud.wait_for(made, "terminated")
    lingering = transcript.say(ec2, "DescribeVolumes", VolumeIds=[volume])["Volumes"][0]
    assert lingering["State"] == "deleting"
    request = ec2.describe_spot_instance_requests()["SpotInstanceRequests"][0]
    assert request["State"] == "active", "it lingers, and counts against the quota"
    transcript.say(ec2, "CancelSpotInstanceRequests",
                   SpotInstanceRequestIds=[request["SpotInstanceRequestId"]])
    transcript.say(ec2, "ReleaseAddress", AllocationId=address)
    cloud.post("time", {"advance": "2h"})
    assert ec2.describe_volumes()["Volumes"] == []
    assert ec2.describe_network_interfaces()["NetworkInterfaces"] == []


def test_offers(cloud, ec2, transcript):
    transcript.say(ec2, "DescribeRegions")
    transcript.say(ec2, "DescribeAvailabilityZones")
    transcript.say(ec2, "DescribeInstanceTypes", InstanceTypes=["c7i.8xlarge", "t3.small"])
    cloud.script({"do": "capacity", "type": "c7i.8xlarge", "zone": "us-east-1d",
                  "code": "Unsupported"})
    transcript.say(ec2, "DescribeInstanceTypeOfferings", LocationType="availability-zone",
                   Filters=[{"Name": "instance-type", "Values": ["c7i.8xlarge"]}])
    transcript.say(ec2, "DescribeImages", ImageIds=[IMAGE])
    transcript.say(ec2, "DescribeSubnets", SubnetIds=["subnet-0000000000000000a"])
    transcript.say(ec2, "DescribeSecurityGroups", GroupIds=["sg-00000000000000002"])
    transcript.say(ec2, "DescribeVpcs")
    transcript.say(ec2, "DescribeRouteTables")
    transcript.say(ec2, "DescribeSpotPriceHistory", InstanceTypes=["c7i.nowhere"])
    start = datetime.datetime.now(datetime.timezone.utc)
    moved = ec2.describe_spot_price_history(
        InstanceTypes=["c7i.large"], ProductDescriptions=["Linux/UNIX"], StartTime=start,
        AvailabilityZone="us-east-1a")["SpotPriceHistory"]
    assert [one["SpotPrice"] for one in moved] == ["0.450000"]
    assert moved[0]["Timestamp"] < start, "in force already, from the script on"
    month = ec2.describe_spot_price_history(InstanceTypes=["c7i.large"],
                                            StartTime=start - datetime.timedelta(days=30))
    assert len(month["SpotPriceHistory"]) > 100
    transcript.say(ec2, "GetSpotPlacementScores", TargetCapacity=1, SingleAvailabilityZone=True,
                   InstanceTypes=["c7i.large", "c6i.large", "c7a.large"],
                   RegionNames=["us-east-1"])


def test_pages(ec2):
    names = []
    for page in ec2.get_paginator("describe_instance_types").paginate(
            PaginationConfig={"PageSize": 20}):
        names += [one["InstanceType"] for one in page["InstanceTypes"]]
    assert len(names) == len(set(names)) > 60


def test_other_services(cloud, transcript):
    transcript.say(cloud.client("sts"), "GetCallerIdentity")
    role = transcript.say(cloud.client("sts"), "AssumeRole", RoleSessionName="night",
                          RoleArn="arn:aws:iam::111122223333:role/mayfly-controller")
    assert role["Credentials"]["Expiration"] > datetime.datetime.now(datetime.timezone.utc)
    rds = cloud.client("rds")
    transcript.say(rds, "DescribeDBInstances")
    transcript.say(rds, "DescribeDBInstances", DBInstanceIdentifier="prod")
    transcript.say(rds, "DescribeDBClusters")
    transcript.say(rds, "DescribeDBClusters", DBClusterIdentifier="prod")
    cloud.script({"do": "cluster", "name": "prod", "least": 0.5, "most": 16})
    arn = transcript.say(rds, "DescribeDBClusters")["DBClusters"][0]["DBClusterArn"]
    transcript.say(rds, "AddTagsToResource", ResourceName=arn,
                   Tags=[{"Key": "mayfly:floor-before", "Value": "0.5"}])
    transcript.say(rds, "ModifyDBCluster", DBClusterIdentifier="prod", ApplyImmediately=True,
                   ServerlessV2ScalingConfiguration={"MinCapacity": 8.0, "MaxCapacity": 16.0})
    transcript.say(rds, "DescribeDBClusters", DBClusterIdentifier="prod")
    transcript.say(rds, "RemoveTagsFromResource", ResourceName=arn, TagKeys=["mayfly:floor-before"])
    transcript.say(rds, "ModifyDBCluster", DBClusterIdentifier="prod",
                   ServerlessV2ScalingConfiguration={"MinCapacity": 8.2, "MaxCapacity": 16.0})
    ssm = cloud.client("ssm")
    transcript.say(ssm, "GetParameter",
                   Name="/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64")
    transcript.say(ssm, "PutParameter", Name="/prod/db", Value="host=db", Type="SecureString")
    transcript.say(ssm, "GetParameter", Name="/prod/db", WithDecryption=True)
    transcript.say(ssm, "GetParameter", Name="/nowhere")
    transcript.say(ssm, "GetParametersByPath", Path="/prod", Recursive=True, WithDecryption=True)
    transcript.say(ssm, "DeleteParameter", Name="/prod/db")
    transcript.say(ssm, "DeleteParameter", Name="/prod/db")
    transcript.say(ssm, "GetParametersByPath", Path="/prod", Recursive=True)
    transcript.say(cloud.client("ec2"), "DescribeSubnets", Filters=[
        {"Name": "default-for-az", "Values": ["true"]},
        {"Name": "availability-zone", "Values": ["us-east-1a"]}])
    secrets = cloud.client("secretsmanager")
    cloud.script({"do": "secret", "name": "prod/db", "value": "host=db"})
    transcript.say(secrets, "GetSecretValue", SecretId="prod/db")
    transcript.say(secrets, "GetSecretValue", SecretId="nowhere")
    pricing = cloud.client("pricing")
    filters = {"instanceType": "c7i.8xlarge", "regionCode": "us-east-1", "operatingSystem": "Linux",
               "tenancy": "Shared", "preInstalledSw": "NA", "capacitystatus": "Used"}
    transcript.say(pricing, "GetProducts", ServiceCode="AmazonEC2",
                   Filters=[{"Type": "TERM_MATCH", "Field": field, "Value": value}
                            for field, value in filters.items()])


def test_quotas(cloud, transcript):
    quotas = cloud.client("service-quotas")
    spot = {"ServiceCode": "ec2", "QuotaCode": "L-34B43A08"}
    transcript.say(quotas, "GetServiceQuota", **spot)
    transcript.say(quotas, "GetAWSDefaultServiceQuota", **spot)
    assert len(quotas.list_service_quotas(ServiceCode="ec2")["Quotas"]) == 6
    transcript.say(quotas, "GetServiceQuota", ServiceCode="ec2", QuotaCode="L-00000000")
    asked = transcript.say(quotas, "RequestServiceQuotaIncrease", **spot, DesiredValue=256)
    transcript.say(quotas, "RequestServiceQuotaIncrease", **spot, DesiredValue=512)
    cloud.post("time", {"advance": "1h"})
    transcript.say(quotas, "GetRequestedServiceQuotaChange", RequestId=asked["RequestedQuota"]["Id"])
    transcript.say(quotas, "ListRequestedServiceQuotaChangeHistoryByQuota", **spot)
    assert quotas.get_service_quota(**spot)["Quota"]["Value"] == 256


def test_a_bucket(cloud, transcript):
    s3 = cloud.client("s3")
    bucket, key = "mayfly-simulated", "bundles/0123 4567+é.tar"
    transcript.say(s3, "HeadBucket", Bucket=bucket)
    transcript.say(s3, "HeadBucket", Bucket="nobodys")
    transcript.say(s3, "HeadObject", Bucket=bucket, Key=key)
    transcript.say(s3, "PutObject", Bucket=bucket, Key=key, Body=b"bundle", IfNoneMatch="*")
    transcript.say(s3, "PutObject", Bucket=bucket, Key=key, Body=b"other", IfNoneMatch="*")
    transcript.say(s3, "GetObject", Bucket=bucket, Key=key)
    assert s3.get_object(Bucket=bucket, Key=key, Range="bytes=1-3")["Body"].read() == b"und"
    assert s3.head_object(Bucket=bucket, Key=key)["ContentLength"] == 6
    s3.put_object(Bucket=bucket, Key="bundles/b", Body=b"2" * 100_000)
    s3.put_object(Bucket=bucket, Key="logs/a", Body=b"3")
    assert s3.get_object(Bucket=bucket, Key="bundles/b")["Body"].read() == b"2" * 100_000
    transcript.say(s3, "ListObjectsV2", Bucket=bucket, Prefix="bundles/", MaxKeys=1)
    transcript.say(s3, "ListObjectsV2", Bucket=bucket, Delimiter="/")
    transcript.say(s3, "DeleteObject", Bucket=bucket, Key="logs/a")
    transcript.say(s3, "GetObject", Bucket=bucket, Key="logs/a")
    transcript.say(s3, "ListObjectsV2", Bucket="nobodys")
    transcript.say(s3, "CreateBucket", Bucket="mine")


def test_a_schedule(cloud, ec2, transcript):
    made = cloud.launch()
    cloud.wait_for(made, "running")
    at = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=1)
    scheduler = cloud.client("scheduler")
    wanted = {"Name": "mayfly-7", "ScheduleExpression": f"at({at:%Y-%m-%dT%H:%M:%S})",
              "FlexibleTimeWindow": {"Mode": "OFF"}, "ActionAfterCompletion": "DELETE",
              "Target": {"Arn": "arn:aws:scheduler:::aws-sdk:ec2:terminateInstances",
                         "RoleArn": "arn:aws:iam::111122223333:role/mayfly-end",
                         "Input": f'{{"InstanceIds": ["{made}"]}}'}}
    wanted["ClientToken"] = "0"
    transcript.say(scheduler, "CreateSchedule", **wanted)
    transcript.say(scheduler, "CreateSchedule", **wanted)
    transcript.say(scheduler, "GetSchedule", Name="mayfly-7")
    transcript.say(scheduler, "UpdateSchedule", **wanted)
    transcript.say(scheduler, "CreateSchedule", **{**wanted, "Name": "mayfly-8"})
    transcript.say(scheduler, "ListSchedules", NamePrefix="mayfly-8")
    transcript.say(scheduler, "ListSchedules", NamePrefix="other-")
    transcript.say(scheduler, "ListSchedules", NamePrefix="mayfly-", MaxResults=1)
    transcript.say(scheduler, "ListSchedules", NamePrefix="mayfly-", MaxResults=1, NextToken="1")
    cloud.post("time", {"advance": "61m"})
    cloud.wait_for(made, "terminated")
    transcript.say(scheduler, "DeleteSchedule", Name="mayfly-7")


def test_what_is_left_without_a_machine(cloud, ec2, transcript):
    cloud.script({"do": "delays", "snapshot": "0s"})
    volume = transcript.say(ec2, "CreateVolume", AvailabilityZone="us-east-1b", Size=20, VolumeType="gp3",
                            TagSpecifications=tagged("volume"))["VolumeId"]
    transcript.say(ec2, "CreateVolume", AvailabilityZone="eu-west-1a", Size=20)
    group = transcript.say(ec2, "CreateSecurityGroup", GroupName="of-a-run", Description="of a run",
                           TagSpecifications=tagged("security-group"))["GroupId"]
    transcript.say(ec2, "CreateSecurityGroup", GroupName="of-a-run", Description="again")
    interface = transcript.say(ec2, "CreateNetworkInterface", SubnetId="subnet-0000000000000000b",
                               Description="of nobody", Groups=[group],
                               TagSpecifications=tagged("network-interface"))["NetworkInterface"]
    transcript.say(ec2, "DescribeNetworkInterfaces")
    transcript.say(ec2, "DescribeSecurityGroups", Filters=[{"Name": "tag:mayfly:run", "Values": ["7"]}])
    transcript.say(ec2, "DeleteSecurityGroup", GroupId=group)
    transcript.say(ec2, "DeleteNetworkInterface", NetworkInterfaceId=interface["NetworkInterfaceId"])
    transcript.say(ec2, "DeleteSecurityGroup", GroupId=group)
    transcript.say(ec2, "DeleteSecurityGroup", GroupId=group)
    transcript.say(ec2, "DeleteSecurityGroup", GroupId="sg-00000000000000001")
    snapshot = ec2.create_snapshot(VolumeId=volume)["SnapshotId"]
    image = transcript.say(ec2, "RegisterImage", Name="golden", RootDeviceName="/dev/xvda", BlockDeviceMappings=[
        {"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": snapshot}}])["ImageId"]
    transcript.say(ec2, "DescribeImages", Owners=["self"])
    transcript.say(ec2, "DeleteSnapshot", SnapshotId=snapshot)
    transcript.say(ec2, "DeregisterImage", ImageId=image)
    transcript.say(ec2, "DeleteSnapshot", SnapshotId=snapshot)
    transcript.say(ec2, "DescribeTags", Filters=[{"Name": "key", "Values": ["mayfly:run"]},
                                                 {"Name": "value", "Values": ["7"]}])


def test_an_upload_that_nobody_finished(cloud, transcript):
    s3 = cloud.client("s3")
    place = {"Bucket": "mayfly-simulated", "Key": "mayfly/b 1.tar"}
    upload = transcript.say(s3, "CreateMultipartUpload", **place)["UploadId"]
    transcript.say(s3, "UploadPart", **place, UploadId=upload, PartNumber=1, Body=b"part")
    transcript.say(s3, "ListMultipartUploads", Bucket="mayfly-simulated", Prefix="mayfly/")
    transcript.say(s3, "ListParts", **place, UploadId=upload)
    transcript.say(s3, "AbortMultipartUpload", **place, UploadId=upload)
    transcript.say(s3, "AbortMultipartUpload", **place, UploadId=upload)
    assert "Uploads" not in s3.list_multipart_uploads(Bucket="mayfly-simulated")


def test_a_raised_database_floor(cloud, transcript):
    rds = cloud.client("rds")
    cloud.script({"do": "cluster", "name": "prod", "least": 4, "most": 16, "tags": ["mayfly:floor-before=0.5"]})
    arn = transcript.say(rds, "DescribeDBClusters", DBClusterIdentifier="prod")["DBClusters"][0]["DBClusterArn"]
    transcript.say(rds, "ModifyDBCluster", DBClusterIdentifier="prod", ApplyImmediately=True,
                   ServerlessV2ScalingConfiguration={"MinCapacity": 0.5, "MaxCapacity": 16})
    transcript.say(rds, "ModifyDBCluster", DBClusterIdentifier="nowhere")
    transcript.say(rds, "AddTagsToResource", ResourceName=arn, Tags=[{"Key": "team", "Value": "fx"}])
    transcript.say(rds, "RemoveTagsFromResource", ResourceName=arn, TagKeys=["mayfly:floor-before"])
    transcript.say(rds, "DescribeDBClusters")


def test_another_region(cloud, transcript):
    """A cloud of its own behind the same address, by the scope of the signature."""
    there = cloud.client("ec2", region="eu-west-1")
    transcript.say(there, "DescribeAvailabilityZones")
    transcript.say(there, "RunInstances", **ASKED, ClientToken="1", SubnetId="subnet-0000000000000000a")
    made = transcript.say(there, "RunInstances", **ASKED, ClientToken="2")["Instances"][0]["InstanceId"]
    assert cloud.client("ec2").describe_instances()["Reservations"] == []
    transcript.say(cloud.client("ec2"), "TerminateInstances", InstanceIds=[made])
    assert [one["id"] for one in cloud.get("resources?region=eu-west-1")["instances"]] == [made]
    cloud.script({"do": "calls", "action": "DescribeVolumes", "code": "AuthFailure", "region": "eu-west-1"})
    transcript.say(there, "DescribeVolumes")
    assert cloud.client("ec2").describe_volumes()["Volumes"] == []
    transcript.say(cloud.client("ec2", region="mars-1"), "DescribeVolumes")
    transcript.say(cloud.client("s3", region="eu-west-1"), "ListObjectsV2", Bucket="mayfly-simulated")
    wait_until(lambda: cloud.get("resources?region=eu-west-1")["instances"][0]["state"] == "running", "it runs")
    assert cloud.metadata(made, "meta-data/placement/region", cloud.metadata_token(made)) == (200, "eu-west-1")
    there.terminate_instances(InstanceIds=[made])
    lines = cloud.get("bill")["lines"]
    assert {line["region"] for line in lines} == {"eu-west-1"}


# Each class of section "error classes": how it is scripted, and what a client then sees.
REFUSALS = [
    "RequestLimitExceeded", "InternalError", "ServiceUnavailable", "Unavailable",
    "InsufficientInstanceCapacity", "InsufficientHostCapacity", "InsufficientAddressCapacity",
    "Unsupported", "InsufficientFreeAddressesInSubnet", "MaxSpotInstanceCountExceeded",
    "VcpuLimitExceeded", "InstanceLimitExceeded", "AuthFailure", "UnauthorizedOperation",
    "RequestExpired", "OptInRequired", "PendingVerification", "Blocked", "InvalidParameterValue",
    "IncorrectState", "DependencyViolation",
]


def test_refusals(cloud, ec2, transcript):
    for code in REFUSALS:
        cloud.script({"do": "calls", "action": "RunInstances", "code": code, "times": 1})
        transcript.say(ec2, "RunInstances", **ASKED)
    for action in ("RunInstances", "DescribeVolumes"):
        cloud.script({"do": "calls", "action": action, "code": "UnauthorizedOperation"})
    transcript.say(ec2, "RunInstances", **ASKED, DryRun=True)
    transcript.say(ec2, "DescribeVolumes", DryRun=True)
    assert cloud.get("resources")["instances"] == []
    for service, operation, parameters in (
            ("sts", "GetCallerIdentity", {}), ("ssm", "GetParameter", {"Name": "/x"}),
            ("s3", "ListObjectsV2", {"Bucket": "mayfly-simulated"}),
            ("scheduler", "GetSchedule", {"Name": "x"})):
        cloud.script({"do": "calls", "action": operation, "code": "ThrottlingException", "times": 1})
        transcript.say(cloud.client(service), operation, **parameters)


def test_refusals_that_the_request_earns(cloud, ec2, transcript):
    for wrong in ({"ImageId": "ami-00000000000000000"}, {"InstanceType": "c9.huge"},
                  {"InstanceType": "c7g.large"}, {"SubnetId": "subnet-1"},
                  {"SecurityGroupIds": ["sg-1"]}, {"DryRun": True},
                  {"InstanceMarketOptions": {"MarketType": "spot",
                                             "SpotOptions": {"MaxPrice": "0.01"}}},
                  {"InstanceType": "c7i.24xlarge"},
                  {"InstanceType": "c7i.24xlarge", "InstanceMarketOptions": SPOT}):
        transcript.say(ec2, "RunInstances", **{**ASKED, **wrong})
    transcript.say(ec2, "DescribeInstances", InstanceIds=[NOWHERE])
    transcript.say(ec2, "DescribeVolumes", DryRun=True)
    cloud.script({"do": "delays", "boot": "1h"})
    made = cloud.launch()
    transcript.say(ec2, "DescribeInstances", Filters=[{"Name": "colour", "Values": ["red"]}])
    transcript.say(ec2, "StartInstances", InstanceIds=[made])
    transcript.say(ec2, "DescribeKeyPairs")


def post(cloud, body, **headers):
    request = urllib.request.Request(cloud.endpoint + "/", data=body, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_signatures_are_looked_at(cloud):
    body = urllib.parse.urlencode({"Action": "DescribeRegions", "Version": "2016-11-15"}).encode()
    now = datetime.datetime.now(datetime.timezone.utc)

    def signed(at, key="AKIAIOSFODNN7EXAMPLE", headers="host;x-amz-date", signature="0" * 64):
        return {"X-Amz-Date": f"{at:%Y%m%dT%H%M%SZ}",
                "Authorization": f"AWS4-HMAC-SHA256 Credential={key}/{at:%Y%m%d}/us-east-1/ec2/"
                                 f"aws4_request, SignedHeaders={headers}, Signature={signature}"}

    assert post(cloud, body, **signed(now))[0] == 200
    rows = [({}, "MissingAuthenticationToken"),
            (signed(now - datetime.timedelta(minutes=6)), "RequestExpired"),
            (signed(now + datetime.timedelta(minutes=6)), "RequestExpired"),
            (signed(now, headers="x-amz-date"), "IncompleteSignature"),
            (signed(now, signature="0" * 63), "IncompleteSignature"),
            (signed(now, key="ASIAIOSFODNN7EXAMPLE"), "AuthFailure")]
    for headers, code in rows:
        status, text = post(cloud, body, **headers)
        assert status >= 400 and f"<Code>{code}</Code>" in text, text
    assert "UnknownParameter" in post(
        cloud, body + b"&Filters.1.Name=x", **signed(now))[1], "the plural is not EC2's name"


def test_replies_that_are_lost(cloud, ec2):
    for effect, made in (("not-sent", 0), ("no-reply", 1)):
        cloud.script({"do": "calls", "action": "RunInstances", "effect": effect, "times": 1})
        with pytest.raises((botocore.exceptions.ConnectionClosedError,
                            botocore.exceptions.EndpointConnectionError)):
            ec2.run_instances(**ASKED, ClientToken="t")
        assert len(cloud.get("resources")["instances"]) == made
    again = ec2.run_instances(**ASKED, ClientToken="t")["Instances"][0]["InstanceId"]
    assert again == cloud.get("resources")["instances"][0]["id"], "the token finds the first"


def test_replies_that_are_late(cloud, ec2):
    cloud.script({"do": "calls", "action": "DescribeRegions", "effect": "slow", "late": "10s",
                  "times": 1})
    with socket.create_connection(cloud.endpoint.removeprefix("http://").split(":")) as raw:
        raw.settimeout(0.3)
        now = datetime.datetime.now(datetime.timezone.utc)
        body = b"Action=DescribeRegions&Version=2016-11-15"
        raw.sendall(b"POST / HTTP/1.1\r\nHost: x\r\n" +
                    f"X-Amz-Date: {now:%Y%m%dT%H%M%SZ}\r\nAuthorization: AWS4-HMAC-SHA256 Credential="
                    f"K/{now:%Y%m%d}/us-east-1/ec2/aws4_request, SignedHeaders=host, "
                    f"Signature={'0' * 64}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
        with pytest.raises(TimeoutError):
            raw.recv(1)
    assert ec2.describe_regions()["Regions"], "others are not held up"


def test_ids_and_tags_that_are_late(cloud, ec2):
    cloud.script({"do": "delays", "describe-lag": "1h", "tag-lag": "2h"})
    made = cloud.launch(TagSpecifications=tagged("instance"))
    assert ec2.describe_instances()["Reservations"] == []
    with pytest.raises(botocore.exceptions.ClientError, match="InvalidInstanceID.NotFound"):
        ec2.describe_instances(InstanceIds=[made])
    ours = [{"Name": "tag:mayfly:run", "Values": ["7"]}]
    cloud.post("time", {"advance": "1h"})
    assert len(ec2.describe_instances(InstanceIds=[made])["Reservations"]) == 1
    assert ec2.describe_instances(Filters=ours)["Reservations"] == []
    cloud.post("time", {"advance": "1h"})
    assert len(ec2.describe_instances(Filters=ours)["Reservations"]) == 1


def test_a_script_with_a_mistake_changes_nothing(cloud):
    for steps, told in (([{"do": "capacity", "left": 0}, {"do": "reclaim", "aftre": "1s"}], "after"),
                        ([{"do": "explode"}], "explode"),
                        ([{"do": "delays", "boot": "soon"}], "boot"),
                        ([{"do": "price", "usd": 3}], "usd")):
        with pytest.raises(urllib.error.HTTPError) as refused:
            cloud.post("script", steps)
        assert refused.value.code == 400 and told in refused.value.read().decode()
    assert cloud.launch()


def test_the_bill_is_what_the_prices_say(cloud, ec2):
    made = cloud.launch(InstanceMarketOptions=SPOT)
    cloud.wait_for(made, "running")
    cloud.post("time", {"advance": "1h"})
    ec2.terminate_instances(InstanceIds=[made])
    cloud.wait_for(made, "terminated")
    owed = cloud.get("bill")
    (compute,) = [line for line in owed["lines"] if line["item"] == "compute"]
    (disk,) = [line for line in owed["lines"] if line["item"] == "disk"]
    assert compute["instance"] == made and compute["market"] == "spot"
    assert 3600 <= compute["seconds"] < 3700
    assert compute["micro_usd"] == (450_000 * compute["seconds"] + 1800) // 3600
    assert disk["micro_usd"] == (80_000 * 8 * disk["seconds"] + 1_314_000) // 2_628_000
    assert owed["micro_usd"] == compute["micro_usd"] + disk["micro_usd"]
    cloud.post("time", {"advance": "10h"})
    assert cloud.get("bill")["micro_usd"] == owed["micro_usd"], "nothing is left that bills"


def test_steps_wait_for_their_time(cloud, ec2):
    cloud.script({"do": "capacity", "left": 0, "for": "10m"},
                 {"do": "quota", "code": "L-1216C47A", "value": 0, "at": "20m"})
    codes = []
    for _ in range(3):
        try:
            cloud.launch()
            codes.append("")
        except botocore.exceptions.ClientError as error:
            codes.append(error.response["Error"]["Code"])
        cloud.post("time", {"advance": "11m"})
    assert codes == ["InsufficientInstanceCapacity", "", "VcpuLimitExceeded"]
