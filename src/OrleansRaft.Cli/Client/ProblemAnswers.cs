using System.Text.Json;
using OrleansRaft.Cli.CommandLine;

namespace OrleansRaft.Cli.Client;

/// <summary>Turns the API's problem documents into exit codes and sentences.</summary>
internal static class ProblemAnswers
{
    /// <summary>What to do after a change of a group whose outcome is unknown.</summary>
    public const string LookAtGroup = "`oraft group show` and `oraft member list` tell what became of it.";

    /// <summary>What to do after an unknown outcome.</summary>
    public static string RepeatWith(string key) =>
        $"Repeat the same command with `--idempotency-key {key}`: it is applied once however often it is repeated.";

    /// <summary>Throws what a problem means; does nothing for a success.</summary>
    /// <param name="response">What the server answered.</param>
    /// <param name="key">The request's idempotency key; null for a read.</param>
    /// <param name="cancellation">Interrupts.</param>
    public static async Task ThrowUnlessSuccessAsync(HttpResponseMessage response, string? key, CancellationToken cancellation)
    {
        if (response.IsSuccessStatusCode)
        {
            return;
        }

        var problem = await ReadProblemAsync(response, cancellation);
        var exit = ExitCodeOf(problem, (int)response.StatusCode, isWrite: key is not null);
        throw new CliException(exit, MessageOf(problem, response), NextOf(exit, problem, response, key));
    }

    /// <summary>What a problem says, in a sentence.</summary>
    public static async Task<string> DetailAsync(HttpResponseMessage response, CancellationToken cancellation) =>
        MessageOf(await ReadProblemAsync(response, cancellation), response);

    /// <summary>The exit code of a problem.</summary>
    internal static ExitCode ExitCodeOf(ProblemDocument problem, int status, bool isWrite) => (problem.Name, status) switch
    {
        ("no-leader", _) => ExitCode.NoLeader,
        ("outcome-unknown", _) => ExitCode.OutcomeUnknown,
        ("precondition-failed" or "key-reused" or "configuration-conflict", _) => ExitCode.Conflict,
        (_, 409 or 412) => ExitCode.Conflict,
        _ when isWrite && status >= 500 && problem.Definite is not true => ExitCode.OutcomeUnknown,
        _ => ExitCode.Refused,
    };

    private static async Task<ProblemDocument> ReadProblemAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        var body = await response.Content.ReadAsStringAsync(cancellation);
        try
        {
            return JsonSerializer.Deserialize<ProblemDocument>(body, JsonSerializerOptions.Web) ?? new ProblemDocument(null, null, null, null);
        }
        catch (JsonException)
        {
            return new ProblemDocument(null, null, null, null);
        }
    }

    private static string MessageOf(ProblemDocument problem, HttpResponseMessage response)
    {
        var what = problem.Detail ?? problem.Title ?? $"{WhoAnswered(response)} answered {(int)response.StatusCode} {response.ReasonPhrase}";
        return problem.Name.Length == 0 ? what : $"{what.TrimEnd('.')} ({problem.Name}).";
    }

    /// <summary>An answer that is not in the form of this API may be a proxy's own.</summary>
    private static string WhoAnswered(HttpResponseMessage response) =>
        response.RequestMessage?.RequestUri is { } asked && ProxyInUse.For(asked) is { } proxy ? $"{proxy}, or the server behind it," : "the server";

    private static string NextOf(ExitCode exit, ProblemDocument problem, HttpResponseMessage response, string? key) => (exit, problem.Name) switch
    {
        (ExitCode.OutcomeUnknown, _) when key is not null => RepeatWith(key),
        (ExitCode.OutcomeUnknown, _) when response.RequestMessage?.Method != HttpMethod.Get => LookAtGroup,
        (ExitCode.OutcomeUnknown, _) => "Run the command again: it only reads.",
        (ExitCode.NoLeader, _) => $"Try again in {RetryAfterOf(response)}; `oraft status` shows which groups have no leader.",
        (_, "precondition-failed") => "Read the counter again with `oraft counter get`, and use the tag that it prints.",
        (_, "entry-skipped") => "Use another --idempotency-key if it should be applied all the same, after the program was mended.",
        (_, "level-not-raised") => "`oraft cluster versions` tells what each silo supports, absent ones included.",
        (_, "version-not-raised") =>
            "`oraft group show` tells which versions each member's program supports; start the newer program where it is missing.",
        (_, "version-behind") => "`oraft group show` tells whose program is behind; start the newer program on those silos.",
        (_, "key-reused") => "Use another --idempotency-key, or leave it out and let oraft choose one.",
        (_, "configuration-conflict") =>
            "`oraft member list` prints the members and their version; leave --version out to take whichever is in force.",
        (_, "unauthenticated") => "Give the key with --key-file FILE, or set ORAFT_KEY.",
        (_, "forbidden") => "Use a key of that role, with --key-file FILE or ORAFT_KEY.",
        (_, "unknown-key") => "`oraft key list` names the keys.",
        (_, "last-admin") => "`oraft key create NAME --role admin` makes another; --force revokes it all the same.",
        (_, "too-many-keys") => "`oraft key list` names the keys; `oraft key revoke` ends one.",
        (_, "quota-exceeded") => $"Try again in {RetryAfterOf(response)}; `oraft tenant limits` shows what the tenant may take.",
        (_, "too-many-limits") => "`oraft tenant limits TENANT --default` takes a tenant's own limits away.",
        (_, "overloaded") => $"Try again in {RetryAfterOf(response)}, or with fewer requests at once.",
        (_, "unknown-group") => "`oraft group list` names the groups of this cluster.",
        (_, "faults-disabled") => "`oraft demo` runs a cluster with faults on; on others set Faults:Enabled on every silo.",
        (_, "unknown-fault") => "`oraft fault list` names the faults in force.",
        (_, "unknown-counter") => "`oraft counter add TENANT COUNTER` creates a counter; `oraft counter list TENANT` names those there are.",
        (_, "overflow") => "Choose a smaller number: values are 64-bit integers. The counter is unchanged.",
        (_, "state-full") => "Delete counters with `oraft counter delete`, or raise Raft:StateBytesMax on every silo. Other counters take writes.",
        (_, "invalid-request") => "Correct the field that the message names.",
        _ => "Check that --server (or ORAFT_SERVER) names a silo of OrleansRaft, and see its log.",
    };

    private static string RetryAfterOf(HttpResponseMessage response) =>
        response.Headers.RetryAfter?.Delta is { } delta ? $"{delta.TotalSeconds:0.###} s" : "a second";
}
