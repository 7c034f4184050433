using Microsoft.AspNetCore.Http;
using OrleansRaft.Counters.Web.Tenants;
using OrleansRaft.Runtime;
using OrleansRaft.Server.Http;
using OrleansRaft.Server.Problems;

namespace OrleansRaft.Counters.Web;

/// <summary>The counters of the HTTP API. Plain request delegates: increments and reads are the hot path.</summary>
/// <param name="grains">Reaches the groups.</param>
/// <param name="quota">Keeps tenants to what they may have.</param>
internal sealed class CounterEndpoints(IGrainFactory grains, TenantQuota quota)
{
    /// <summary>How many counters a page has unless told.</summary>
    public const int PageSize = 100;

    private readonly CounterListing listing = new(grains);

    public async Task IncrementAsync(HttpContext context)
    {
        if (TryReadWrite(context, out var write)
            && await RequestBody.ReadInt64Async(context.Request, "by") is var by
            && Passes(context, by.Problem))
        {
            var mayMake = await MayMakeAsync(write);
            await SubmitAsync(context, write, new IncrementCounter(by.Value, write.Condition) { MakesNone = !mayMake }, "increment");
        }
    }

    public async Task SetAsync(HttpContext context)
    {
        if (TryReadWrite(context, out var write)
            && await RequestBody.ReadInt64Async(context.Request, "value") is var value
            && Passes(context, value.Problem))
        {
            var mayMake = await MayMakeAsync(write);
            await SubmitAsync(context, write, new SetCounter(value.Value, write.Condition) { MakesNone = !mayMake }, "setting");
        }
    }

    public async Task DeleteAsync(HttpContext context)
    {
        if (TryReadWrite(context, out var write))
        {
            await SubmitAsync(context, write, new DeleteCounter(write.Condition), "deletion");
        }
    }

    public async Task GetAsync(HttpContext context)
    {
        if (!TryReadKey(context, out var key)
            || QueryParameters.Consistency(context.Request) is var consistency && !Passes(context, consistency.Problem))
        {
            return;
        }

        var outcome = await Group(key).QueryAsync(CounterQueries.Get, consistency.Value);
        switch (outcome)
        {
            case Committed<CounterResult> { Value: CounterValue counter } read:
                CounterAnswers.Write(context.Response, key, counter, read.Group, consistency.Value == ReadConsistency.Stale ? read.Age : null);
                break;
            case Committed<CounterResult> { Value: CounterNotFound }:
                CounterAnswers.Unknown(key).Write(context.Response);
                break;
            default:
                CounterAnswers.Failed(outcome, $"The read of {key}", isRead: true, hasKey: false).Write(context.Response);
                break;
        }
    }

    public async Task ListAsync(HttpContext context)
    {
        var request = context.Request;
        if (!TryReadName(context, "tenant", out var tenant)
            || CounterRequest.ReadAfter(request) is var after && !Passes(context, after.Problem)
            || QueryParameters.Limit(request, PageSize) is var limit && !Passes(context, limit.Problem))
        {
            return;
        }

        var page = await listing.ReadAsync(tenant, after.Value, limit.Value);
        if (Passes(context, page.Problem))
        {
            page.Value.Write(context.Response);
        }
    }

    /// <summary>Whether a write may make a counter; one that asks that there is one already makes none.</summary>
    private ValueTask<bool> MayMakeAsync(Write write) =>
        write.Condition.Kind == CounterConditionKind.None ? quota.MayMakeAsync(write.Key) : ValueTask.FromResult(true);

    private async Task SubmitAsync(HttpContext context, Write write, CounterCommand command, string verb)
    {
        var outcome = await Group(write.Key).SubmitAsync(command, write.RequestId);
        var response = context.Response;
        switch (outcome)
        {
            case Committed<CounterResult> { Value: CounterValue counter } committed:
                if (command is SetCounter || (command is IncrementCounter increment && counter.Value == increment.By))
                {
                    quota.NoteMade(write.Key);
                }

                CounterAnswers.Write(response, write.Key, counter, committed.Group, age: null);
                break;
            case Committed<CounterResult> { Value: CounterDeleted }:
                quota.NoteDeleted(write.Key);
                response.StatusCode = StatusCodes.Status204NoContent;
                break;
            case Committed<CounterResult> { Value: CounterNotFound }:
                CounterAnswers.Unknown(write.Key).Write(response);
                break;
            case Committed<CounterResult> { Value: CounterConditionFailed { Index: 0 } } when write.Condition.Kind == CounterConditionKind.None:
                CounterAnswers.QuotaExceeded(write.Key, quota.Refuse(write.Key), write.RequestId is not null).Write(response);
                break;
            case Committed<CounterResult> { Value: CounterConditionFailed failed }:
                CounterAnswers.WriteConditionFailed(response, write.Key, failed);
                break;
            case Committed<CounterResult> { Value: CounterOverflow overflow }:
                CounterAnswers.Overflow(write.Key, overflow).Write(response);
                break;
            case Committed<CounterResult> { Value: CounterStateFull full } committed:
                CounterAnswers.StateFull(write.Key, committed.Group, full).Write(response);
                break;
            default:
                CounterAnswers.Failed(outcome, $"The {verb} of {write.Key}", isRead: false, write.RequestId is not null).Write(response);
                break;
        }
    }

    private RaftGroup<CounterCommand, CounterResult> Group(CounterKey key) =>
        grains.GetRaftGroup<CounterCommand, CounterResult>(CounterMachine.SetName, key.ToString());

    private static bool TryReadWrite(HttpContext context, out Write write)
    {
        write = default;
        if (!TryReadKey(context, out var key)
            || IdempotencyKey.ReadRequestId(context.Request, key.ToString()) is var requestId && !Passes(context, requestId.Problem)
            || CounterRequest.ReadCondition(context.Request) is var condition && !Passes(context, condition.Problem))
        {
            return false;
        }

        write = new Write(key, requestId.Value, condition.Value);
        return true;
    }

    private static bool TryReadKey(HttpContext context, out CounterKey key)
    {
        key = default;
        if (!TryReadName(context, "tenant", out var tenant) || !TryReadName(context, "counter", out var counter))
        {
            return false;
        }

        key = new CounterKey(tenant, counter);
        return true;
    }

    private static bool TryReadName(HttpContext context, string parameter, out string name)
    {
        name = context.Request.RouteValues[parameter] as string ?? "";
        return NameRule.Holds(name)
            || Passes(context, KnownProblems.InvalidRequest(parameter, $"The {parameter} {Shortened.Of(name)} in the path {NameRule.Sentence}."));
    }

    private static bool Passes(HttpContext context, Problem? problem)
    {
        problem?.Write(context.Response);
        return problem is null;
    }

    private readonly record struct Write(CounterKey Key, string? RequestId, CounterCondition Condition);
}
