using OrleansRaft.Runtime;
using OrleansRaft.Server.Http;

namespace OrleansRaft.Counters.Web;

/// <summary>Lists a tenant's counters: asks every group for its part, and merges the parts into one page.</summary>
/// <remarks>
/// Each part is linearizable, the page as a whole is not a snapshot: counters in different groups may be read at slightly different moments.
/// </remarks>
/// <param name="grains">Reaches the groups.</param>
internal sealed class CounterListing(IGrainFactory grains)
{
    private const int GroupsAtOnceMax = 64;

    /// <summary>Reads a page.</summary>
    public async Task<Checked<CounterListPage>> ReadAsync(string tenant, string after, int limit)
    {
        var set = grains.GetRaftGroupSet<CounterCommand, CounterResult>(CounterMachine.SetName);
        var query = new ListCounters(tenant, after, limit);
        var parts = new Outcome<CounterResult>[await set.CountGroupsAsync()];
        await Parallel.ForAsync(
            0,
            parts.Length,
            new ParallelOptions { MaxDegreeOfParallelism = GroupsAtOnceMax },
            async (number, cancellation) => parts[number] = await set.QueryGroupAsync(number, query, cancellation: cancellation));
        return Merge(parts, tenant, limit);
    }

    /// <summary>Makes one page of every group's part.</summary>
    internal static Checked<CounterListPage> Merge(ReadOnlySpan<Outcome<CounterResult>> parts, string tenant, int limit)
    {
        var merged = new List<(ListedCounter Counter, string Group)>();
        var more = false;
        foreach (var part in parts)
        {
            if (part is not Committed<CounterResult> { Value: CounterPage page } committed)
            {
                return CounterAnswers.Failed(part, $"The list of {tenant}'s counters", isRead: true, hasKey: false);
            }

            more |= page.More;
            foreach (var counter in page.Counters)
            {
                merged.Add((counter, committed.Group));
            }
        }

        // A part that has more of its own ends at or after the page's end, since it is as long as the page.
        merged.Sort(static (left, right) => string.CompareOrdinal(left.Counter.Counter, right.Counter.Counter));
        more |= merged.Count > limit;
        return new CounterListPage(tenant, [.. merged.Take(limit)], more);
    }
}
