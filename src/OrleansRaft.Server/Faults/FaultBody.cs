using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using OrleansRaft.Grains.Faults;
using OrleansRaft.Server.Http;
using OrleansRaft.Server.Problems;

namespace OrleansRaft.Server.Faults;

/// <summary>Reads the fault that a request wants. Whether its fields fit each other and the cluster is the cluster's to say.</summary>
internal static class FaultBody
{
    private const int SecondsDefault = 30;

    private static readonly string[] Known =
        ["kind", "group", "replica", "replicas", "silo", "silos", "from", "to", "oneWay", "milliseconds", "seconds"];

    private static readonly string Kinds = string.Join(", ", Enum.GetNames<FaultKind>().Select(static name => name.ToLowerInvariant()));

    /// <summary>Reads a fault.</summary>
    public static ValueTask<Checked<Fault>> ReadAsync(HttpRequest request) => JsonBody.ReadAsync(request, Known, Read);

    private static Checked<Fault> Read(JsonBody body)
    {
        var kind = KindOf(body.Text("kind"));
        var (group, silo) = (body.Text("group"), body.Text("silo"));
        var (from, to) = (EndOf(body, "from"), EndOf(body, "to"));
        var replica = ReplicaOf(body);
        var replicas = body.List<long>(
            "replicas",
            static item => item.ValueKind == JsonValueKind.Number && item.TryGetInt64(out var number) ? number : 0,
            "replicas' numbers");
        var silos = body.List("silos", static item => item.ValueKind == JsonValueKind.String ? item.GetString() : null, "silos' names");
        var oneWay = body.Flag("oneWay");
        var (milliseconds, seconds) = (SmallNumber(body, "milliseconds"), SmallNumber(body, "seconds"));
        if ((kind.Problem ?? group.Problem ?? silo.Problem ?? from.Problem ?? to.Problem ?? replica.Problem ?? replicas.Problem ?? silos.Problem
            ?? oneWay.Problem ?? milliseconds.Problem ?? seconds.Problem) is { } problem)
        {
            return problem;
        }

        return new Fault
        {
            Kind = kind.Value,
            Group = group.Value,
            Replica = replica.Value,
            Replicas = replicas.Value,
            Silo = silo.Value,
            Silos = silos.Value,
            From = from.Value,
            To = to.Value,
            IsOneWay = oneWay.Value,
            Milliseconds = milliseconds.Value,
            Seconds = seconds.Value ?? SecondsDefault,
        };
    }

    private static Checked<FaultKind> KindOf(Checked<string?> text) => text switch
    {
        { Problem: { } problem } => problem,
        { Value: null } => KnownProblems.InvalidRequest("kind", $"The field \"kind\" is missing. It is one of {Kinds}."),
        { Value: var name } when Array.Find(Enum.GetValues<FaultKind>(), kind => NameOf(kind) == name) is var kind && NameOf(kind) == name => kind,
        { Value: var other } => KnownProblems.InvalidRequest("kind", $"The field \"kind\" is {Shortened.Of(other)}. It is one of {Kinds}."),
    };

    /// <summary>The name of a kind on the wire.</summary>
    public static string NameOf(FaultKind kind) => kind.ToString().ToLowerInvariant();

    private static Checked<string?> EndOf(JsonBody body, string field) => body.Raw(field) switch
    {
        { ValueKind: JsonValueKind.Number } number when number.TryGetInt64(out var replica) => replica.ToString(CultureInfo.InvariantCulture),
        _ => body.Text(field),
    };

    private static Checked<long?> ReplicaOf(JsonBody body) => body.Raw("replica") switch
    {
        { ValueKind: JsonValueKind.String } text when text.ValueEquals("leader"u8) => 0L,
        { ValueKind: JsonValueKind.Undefined } => (long?)null,
        { ValueKind: JsonValueKind.Number } number when number.TryGetInt64(out var replica) && replica > 0 => replica,
        _ => KnownProblems.InvalidRequest("replica", "The field \"replica\" is neither a replica's number nor \"leader\"."),
    };

    private static Checked<int?> SmallNumber(JsonBody body, string field) => body.Number(field) switch
    {
        { Problem: { } problem } => problem,
        { Value: null } => (int?)null,
        { Value: { } number } => (int)Math.Clamp(number, int.MinValue, int.MaxValue),
    };
}
