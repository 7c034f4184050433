using System.Collections.Concurrent;
using OrleansRaft.Runtime;
using OrleansRaft.Server.Limits;

namespace OrleansRaft.Counters.Web.Tenants;

/// <summary>
/// Keeps tenants to the counters and bytes that they may have in the cluster. A silo asks the groups what a tenant has, and then lets it make a part
/// of what is left, so that all silos together let it make no more. Any thread.
/// </summary>
/// <remarks>
/// What is under way when the last place is taken may still be made: a tenant may have so many more as one silo serves at one time. Whether a write
/// makes a counter is decided where it is applied: one that may not says so in its entry (<see cref="IncrementCounter.MakesNone"/>).
/// </remarks>
/// <param name="grains">Reaches the groups.</param>
/// <param name="allowances">What tenants may have.</param>
/// <param name="countSilos">How many silos there are.</param>
/// <param name="time">The clock.</param>
internal sealed class TenantQuota(IGrainFactory grains, ITenantAllowances allowances, Func<int> countSilos, TimeProvider time)
{
    // Whoever makes names up must not fill the memory.
    private const int TenantsMax = 10_000;

    // So much of what it may have a tenant makes before the groups are asked: most tenants have far less.
    private const int UnaskedPart = 100;

    private static readonly TimeSpan FullPause = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<string, Account> accounts = new(StringComparer.Ordinal);

    /// <summary>Whether a tenant may make a counter.</summary>
    /// <param name="key">The counter.</param>
    public async ValueTask<bool> MayMakeAsync(CounterKey key)
    {
        var allowed = allowances.AllowanceOf(key.Tenant);
        if (allowed is { Counters: 0, Bytes: 0 })
        {
            return true;
        }

        if (accounts.Count > TenantsMax)
        {
            accounts.Clear();
        }

        var account = accounts.GetOrAdd(key.Tenant, static (_, may) => new Account(may), allowed);
        if (account.HasRoom(allowed))
        {
            return true;
        }

        if (account.IsFull(allowed) && time.GetElapsedTime(account.AskedAt) < FullPause)
        {
            return false;
        }

        await account.AskAsync(() => MeasureAsync(key.Tenant), allowed, countSilos(), time);
        return account.HasRoom(allowed);
    }

    /// <summary>A counter may have been made.</summary>
    public void NoteMade(CounterKey key)
    {
        if (accounts.TryGetValue(key.Tenant, out var account))
        {
            account.Take(key);
        }
    }

    /// <summary>A counter was deleted: whether there is room is asked again.</summary>
    public void NoteDeleted(CounterKey key) => accounts.TryRemove(key.Tenant, out _);

    /// <summary>A write was refused since its tenant has what it may have.</summary>
    public TenantAllowance Refuse(CounterKey key)
    {
        allowances.CountRefusal("counters");
        return allowances.AllowanceOf(key.Tenant);
    }

    /// <returns>What the tenant has; null when a group did not say.</returns>
    private async Task<TenantMeasured?> MeasureAsync(string tenant)
    {
        var set = grains.GetRaftGroupSet<CounterCommand, CounterResult>(CounterMachine.SetName);
        var query = new MeasureTenant(tenant);
        var parts = await Task.WhenAll(Enumerable.Range(0, await set.CountGroupsAsync()).Select(number => set.QueryGroupAsync(number, query)));
        return Array.TrueForAll(parts, static part => part is Committed<CounterResult> { Value: TenantMeasured })
            ? parts.Select(static part => (TenantMeasured)((Committed<CounterResult>)part).Value)
                .Aggregate(static (one, other) => new TenantMeasured(one.Counters + other.Counters, one.Bytes + other.Bytes))
            : null;
    }

    /// <summary>What this silo lets a tenant make.</summary>
    private sealed class Account(TenantAllowance allowed)
    {
        private const int NumbersBytes = 16;

        private readonly Lock gate = new();
        private TenantAllowance allowed = allowed;
        private long counters = allowed.Counters / UnaskedPart;
        private long bytes = allowed.Bytes / UnaskedPart;
        private bool isFull;
        private Task? asking;

        public long AskedAt { get; private set; }

        /// <summary>Whether it may make a counter, as far as is known; not known when it was asked for another allowance.</summary>
        public bool HasRoom(TenantAllowance now)
        {
            lock (gate)
            {
                return now == allowed && (allowed.Counters == 0 || counters > 0) && (allowed.Bytes == 0 || bytes > 0);
            }
        }

        /// <summary>Whether the tenant had all that it may have when the groups were asked.</summary>
        public bool IsFull(TenantAllowance now)
        {
            lock (gate)
            {
                return now == allowed && isFull;
            }
        }

        public void Take(CounterKey key)
        {
            lock (gate)
            {
                counters--;
                bytes -= key.Tenant.Length + key.Counter.Length + 1 + NumbersBytes;
            }
        }

        /// <summary>Asks once for all who wait.</summary>
        public Task AskAsync(Func<Task<TenantMeasured?>> measure, TenantAllowance now, int silos, TimeProvider time)
        {
            lock (gate)
            {
                return asking is { IsCompleted: false } ? asking : asking = AskOnceAsync(measure, now, Math.Max(1, silos), time);
            }
        }

        private static long PartOf(long allowed, long used, int silos) =>
            allowed == 0 ? 0 : used >= allowed ? 0 : Math.Max(1, (allowed - used) / silos);

        private async Task AskOnceAsync(Func<Task<TenantMeasured?>> measure, TenantAllowance now, int silos, TimeProvider time)
        {
            var asked = time.GetTimestamp();

            // A group that does not answer takes no writes either; the others are not refused for it.
            var used = await measure() ?? new TenantMeasured(0, 0);
            lock (gate)
            {
                counters = PartOf(now.Counters, used.Counters, silos);
                bytes = PartOf(now.Bytes, used.Bytes, silos);
                isFull = (now.Counters > 0 && counters == 0) || (now.Bytes > 0 && bytes == 0);
                (AskedAt, allowed) = (asked, now);
            }
        }
    }
}
