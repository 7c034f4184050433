using Microsoft.AspNetCore.Http;
using OrleansRaft.Grains.Catalogue;
using OrleansRaft.Runtime;
using OrleansRaft.Server.Http;
using OrleansRaft.Server.Limits;
using OrleansRaft.Server.Problems;

namespace OrleansRaft.Counters.Web.Tenants;

/// <summary>Deletes a tenant: its counters, its note, and the limits that it has of its own.</summary>
/// <remarks>
/// Counters go one by one, as their owner would delete them; one request deletes a bounded number, and is repeated until nothing is left. What is
/// written meanwhile may stay: whoever deletes a tenant revokes its keys first.
/// </remarks>
/// <param name="grains">Reaches the groups and the grain that keeps the note.</param>
/// <param name="catalogue">Keeps limits; null where there is no catalogue.</param>
/// <param name="allowances">What this silo knows of limits.</param>
internal sealed class TenantDeletion(IGrainFactory grains, IRaftAccess? catalogue, ITenantAllowances allowances)
{
    private const int CountersMax = 10_000;
    private const int PageSize = 1_000;
    private const int AtOnce = 64;

    private readonly CounterListing listing = new(grains);

    public async Task DeleteAsync(HttpContext context)
    {
        var tenant = TenantEndpoints.ReadTenant(context);
        if (tenant.Problem is { } problem)
        {
            problem.Write(context.Response);
            return;
        }

        var (deleted, more) = (0, true);
        while (more && deleted < CountersMax)
        {
            var page = await listing.ReadAsync(tenant.Value, "", PageSize);
            if (page.Problem is { } unread)
            {
                unread.Write(context.Response);
                return;
            }

            if (await DeleteAsync(page.Value, context.RequestAborted) is { } failure)
            {
                InPart(tenant.Value, failure).Write(context.Response);
                return;
            }

            (deleted, more) = (deleted + page.Value.Counters.Length, page.Value.More);
        }

        if (!more && await DeleteRestAsync(tenant.Value, context.RequestAborted) is { } left)
        {
            InPart(tenant.Value, left).Write(context.Response);
            return;
        }

        using var json = JsonAnswer.Start(context.Response);
        json.WriteStartObject();
        json.WriteString("tenant"u8, tenant.Value);
        json.WriteNumber("counters"u8, deleted);
        json.WriteBoolean("more"u8, more);
        json.WriteEndObject();
    }

    private static Problem InPart(string tenant, string failure) => new(
        StatusCodes.Status504GatewayTimeout,
        ProblemTypes.OutcomeUnknown,
        "It is unknown whether the request was applied.",
        $"The tenant {tenant} was deleted in part. {failure} Send the request again: it goes on where this one stopped.") { Definite = false };

    /// <returns>Why a counter is not known to be gone; null when all are.</returns>
    private async Task<string?> DeleteAsync(CounterListPage page, CancellationToken cancellation)
    {
        string? failure = null;
        await Parallel.ForEachAsync(
            page.Counters,
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellation },
            async (listed, stop) =>
            {
                var key = new CounterKey(page.Tenant, listed.Counter.Counter).ToString();
                var outcome = await grains.GetRaftGroup<CounterCommand, CounterResult>(CounterMachine.SetName, key)
                    .SubmitAsync(new DeleteCounter(), null, stop);
                if (outcome is not Committed<CounterResult> { Value: CounterDeleted or CounterNotFound })
                {
                    failure = outcome switch
                    {
                        Rejected<CounterResult> rejected => rejected.Detail,
                        Unknown<CounterResult> unknown => unknown.Detail,
                        _ => $"The deletion of {key} was answered with {outcome}.",
                    };
                }
            });
        return failure;
    }

    private async Task<string?> DeleteRestAsync(string tenant, CancellationToken cancellation)
    {
        await grains.GetGrain<ITenantNoteGrain>(tenant).DeleteAsync();
        if (catalogue is not null
            && await catalogue.SetLimitsAsync(new TenantLimits(tenant, null, null, null), cancellation) is not Committed<AccessContents>)
        {
            return "Its own limits are not known to be gone: the catalogue did not answer in time.";
        }

        await allowances.RefreshAsync(cancellation);
        return null;
    }
}
