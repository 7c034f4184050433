using System.Globalization;
using System.Text.Unicode;
using Microsoft.AspNetCore.Http;
using OrleansRaft.Runtime;
using OrleansRaft.Server.Http;
using OrleansRaft.Server.Limits;
using OrleansRaft.Server.Problems;

namespace OrleansRaft.Counters.Web;

/// <summary>How the API tells what became of a counter.</summary>
internal static class CounterAnswers
{
    // Two names of 128, a group's of 64 and its number, four numbers of 20 digits, and the fields' own names.
    private const int BytesMax = 768;

    /// <summary>Writes a counter as JSON, with its tag.</summary>
    /// <remarks>Names are ASCII without anything that JSON escapes, so the object is written as one formatted text.</remarks>
    public static void Write(HttpResponse response, CounterKey key, CounterValue counter, string group, TimeSpan? age)
    {
        var span = response.BodyWriter.GetSpan(BytesMax);
        var length = Format(span, key, counter, group, age);
        response.ContentType = "application/json";
        response.ContentLength = length;
        response.Headers.ETag = EntityTag.Of(counter.Index);
        response.Headers.CacheControl = "no-store";
        response.BodyWriter.Advance(length);
    }

    public static Problem Unknown(CounterKey key) =>
        new(
            StatusCodes.Status404NotFound,
            CounterProblemTypes.UnknownCounter,
            "There is no such counter.",
            $"The counter {key} does not exist: it was never written, or was deleted. POST .../{key.Counter}/increment or PUT creates it.");

    public static Problem Overflow(CounterKey key, CounterOverflow overflow) =>
        new(
            StatusCodes.Status422UnprocessableEntity,
            CounterProblemTypes.Overflow,
            "The sum does not fit into 64 bits.",
            $"The counter {key} is {overflow.Value}; the sum would not fit into a 64-bit integer, so nothing was changed. "
                + "Add less, or set the counter.");

    public static Problem StateFull(CounterKey key, string group, CounterStateFull full) =>
        new(
            StatusCodes.Status507InsufficientStorage,
            CounterProblemTypes.StateFull,
            "The group's state is full.",
            $"The counter {key} is new, and the state of its group {group} has {full.Bytes} bytes of the {full.BytesMax} that Raft:StateBytesMax "
                + "allows, so nothing was changed. Delete counters, or raise the limit on every silo.");

    public static Problem QuotaExceeded(CounterKey key, TenantAllowance allowed, bool hasKey) =>
        new(
            StatusCodes.Status429TooManyRequests,
            ProblemTypes.QuotaExceeded,
            "The tenant has used up its share.",
            $"The counter {key} is new, and the tenant {key.Tenant} has the counters that it may have in this cluster "
                + $"({Text(allowed.Counters)} counters, {Text(allowed.Bytes)} bytes), so nothing was changed. Delete counters, or ask an operator "
                + $"for more (`oraft tenant limits`).{(hasKey ? " Then use another Idempotency-Key: this one gets this answer." : "")}");

    private static string Text(long limit) => limit == 0 ? "any number of" : limit.ToString(CultureInfo.InvariantCulture);

    public static void WriteConditionFailed(HttpResponse response, CounterKey key, CounterConditionFailed failed)
    {
        var state = failed.Index == 0 ? "does not exist" : $"has the tag {EntityTag.Of(failed.Index)} now";
        if (failed.Index != 0)
        {
            response.Headers.ETag = EntityTag.Of(failed.Index);
        }

        new Problem(
            StatusCodes.Status412PreconditionFailed,
            ProblemTypes.PreconditionFailed,
            "The counter is not as If-Match says.",
            $"The counter {key} {state}, so nothing was changed. Read it again, and decide anew.") { Field = EntityTag.Header }.Write(response);
    }

    /// <summary>The problem for an outcome that carries no answer of the state machine.</summary>
    public static Problem Failed(Outcome<CounterResult> outcome, string subject, bool isRead, bool hasKey) => outcome switch
    {
        Rejected<CounterResult> rejection => OutcomeProblems.Of(rejection, subject),
        Unknown<CounterResult> unknown when isRead => OutcomeProblems.Of(
            new Rejected<CounterResult>(RejectionReason.NoLeader, null, TimeSpan.FromSeconds(1), unknown.Detail), subject),
        Unknown<CounterResult> unknown => OutcomeProblems.Unknown(unknown.Detail, subject, hasKey, "counter"),
        Applied<CounterResult> applied => OutcomeProblems.Unread(applied, subject),
        Committed<CounterResult> { Value: CounterCommandRefused refused } =>
            KnownProblems.InvalidRequest("body", $"{subject} was refused: {refused.Detail}."),
        _ => throw new InvalidOperationException($"{subject} was answered with {outcome}, which is not an answer to it."),
    };

    private static int Format(Span<byte> span, CounterKey key, CounterValue counter, string group, TimeSpan? age)
    {
        var culture = CultureInfo.InvariantCulture;
        var fits = age is { } old
            ? Utf8.TryWrite(
                span,
                culture,
                $$"""{"tenant":"{{key.Tenant}}","counter":"{{key.Counter}}","value":{{counter.Value}}"""
                + $$""","group":"{{group}}","index":{{counter.Index}},"term":{{counter.Term}},"ageMilliseconds":{{(long)old.TotalMilliseconds}}}""",
                out var length)
            : Utf8.TryWrite(
                span,
                culture,
                $$"""{"tenant":"{{key.Tenant}}","counter":"{{key.Counter}}","value":{{counter.Value}}"""
                + $$""","group":"{{group}}","index":{{counter.Index}},"term":{{counter.Term}}}""",
                out length);
        return fits ? length : throw new InvalidOperationException($"The answer for {key} in {group} is longer than {BytesMax} bytes.");
    }
}
