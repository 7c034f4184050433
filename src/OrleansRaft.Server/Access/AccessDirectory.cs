using System.Collections.Frozen;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansRaft.Grains.Catalogue;
using OrleansRaft.Runtime;

namespace OrleansRaft.Server.Access;

/// <summary>
/// What this silo knows of keys. It asks the catalogue, linearizably, as soon as it hears of a change, so that a key that was revoked is worth
/// nothing on any silo within five seconds; and now and then when it hears of none, so that a catalogue that nobody changes sleeps nearly all the
/// time. A silo that cannot reach the catalogue goes on for a while, and then takes nobody's word.
/// </summary>
internal sealed class AccessDirectory : BackgroundService
{
    private static readonly TimeSpan QuietPauseMax = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(1.5);
    private static readonly TimeSpan LookTimeMax = TimeSpan.FromSeconds(3);

    private readonly IRaftAccess catalogue;
    private readonly TimeProvider time;
    private readonly TimeSpan patience;
    private readonly TimeSpan quietPause;
    private readonly ILogger<AccessDirectory> logger;
    private readonly SemaphoreSlim looking = new(1);
    private volatile FrozenDictionary<string, KnownKey> keys = FrozenDictionary<string, KnownKey>.Empty;
    private volatile FrozenDictionary<string, TenantLimits> limits = FrozenDictionary<string, TenantLimits>.Empty;
    private long revision = -1;
    private long confirmedAt = long.MinValue;
    private string lastProblem = "";

    /// <summary>Makes one that knows nothing yet.</summary>
    public AccessDirectory(IRaftAccess catalogue, IOptions<RaftAccessOptions> options, TimeProvider time, ILogger<AccessDirectory> logger)
    {
        this.catalogue = catalogue;
        this.time = time;
        this.logger = logger;
        patience = TimeSpan.FromSeconds(options.Value.PatienceSeconds);
        quietPause = patience / 3 < QuietPauseMax ? patience / 3 : QuietPauseMax;
    }

    /// <summary>Whether what is known is new enough to be believed.</summary>
    public bool IsCurrent => Volatile.Read(ref confirmedAt) is not long.MinValue and var at && time.GetElapsedTime(at) < patience;

    /// <summary>Looks for a key that somebody sent.</summary>
    /// <returns>The key if it is in force; otherwise why it opens nothing.</returns>
    public (KnownKey? Key, AccessFailure Failure) Recognize(string token) =>
        !IsCurrent ? (null, AccessFailure.NotCurrent)
        : !ApiKeyText.TryParse(token, out var text)
            || !keys.TryGetValue(text.Id, out var key)
            || !key.IsOpenedBy(text) ? (null, AccessFailure.Unknown)
        : key.IsExpired(time.GetUtcNow()) ? (null, AccessFailure.Expired)
        : (key, default);

    /// <summary>The limits that a tenant has of its own, as far as they are known; null for none.</summary>
    public TenantLimits? LimitsOf(string tenant) => limits.GetValueOrDefault(tenant);

    /// <summary>Asks the catalogue now. Whoever changed something calls it, so that this silo at least knows at once.</summary>
    /// <returns>Whether it answered.</returns>
    public async Task<bool> LookAsync(CancellationToken cancellation)
    {
        await looking.WaitAsync(cancellation);
        try
        {
            return await AskAsync(cancellation);
        }
        finally
        {
            looking.Release();
        }
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        base.Dispose();
        looking.Dispose();
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                if (await LookAsync(stoppingToken))
                {
                    await catalogue.WaitForChangeAsync(Volatile.Read(ref revision), quietPause, stoppingToken);
                }
                else
                {
                    await Task.Delay(RetryPause, time, stoppingToken);
                }
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
        }
    }

    private async Task<bool> AskAsync(CancellationToken cancellation)
    {
        // What is answered was true at some moment after this one.
        var asked = time.GetTimestamp();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(LookTimeMax);
        try
        {
            var outcome = await catalogue.ReadAsync(revision, limit.Token);
            if (outcome is Committed<AccessContents> { Value: var contents })
            {
                Learn(contents);
                Volatile.Write(ref confirmedAt, asked);
                lastProblem = "";
                return true;
            }

            Tell(outcome is Rejected<AccessContents> rejected ? rejected.Detail : "the outcome is unknown");
        }
        catch (Exception failure) when (!cancellation.IsCancellationRequested)
        {
            Tell(failure is OperationCanceledException ? "it did not answer in time" : failure.Message);
        }

        return false;
    }

    private void Learn(AccessContents contents)
    {
        if (contents.Keys is { } all)
        {
            keys = all.Where(static key => key.RevokedAt is null).ToFrozenDictionary(static key => key.Id, static key => new KnownKey(key));
        }

        if (contents.Limits is { } own)
        {
            limits = own.ToFrozenDictionary(static limit => limit.Tenant, StringComparer.Ordinal);
        }

        Volatile.Write(ref revision, contents.Revision);
    }

    private void Tell(string problem)
    {
        if (problem != lastProblem)
        {
            lastProblem = problem;
            Log.KeysNotRead(logger, problem, patience);
        }
    }
}
