using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using OrleansRaft.Grains.Catalogue;
using OrleansRaft.Runtime;
using OrleansRaft.Server.Access;

namespace OrleansRaft.Integration.Tests.Trust;

/// <summary>What a silo knows of keys: soon when they change, and without keeping the catalogue awake when they do not.</summary>
public sealed class AccessDirectoryTests
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(500);

    private readonly FakeTimeProvider time = new();
    private readonly AccessSignal signal = new();
    private readonly Catalogue catalogue;

    public AccessDirectoryTests() => catalogue = new Catalogue(signal, time);

    [Fact]
    public async Task The_catalogue_is_asked_at_once_when_something_changes_and_hardly_ever_when_nothing_does()
    {
        using var directory = await StartAsync(patienceSeconds: 60);

        await PassAsync(TimeSpan.FromSeconds(19));
        catalogue.Reads.ShouldBe(1, "nothing changed");
        catalogue.Revision = 7;
        signal.Hear(7);
        await catalogue.ReadAsync(2);
        await PassAsync(TimeSpan.FromSeconds(19));
        catalogue.Reads.ShouldBe(2, "nothing changed since");
        await UntilAsync(() => catalogue.Reads > 2);

        directory.IsCurrent.ShouldBeTrue("now and then it asks, so that it knows that it is not cut off");
        await directory.StopAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>
    /// A silo that cannot reach the catalogue believes what it knew for a bounded time, asks again all the while, and then takes nobody's word.
    /// </summary>
    [Fact]
    public async Task A_silo_that_cannot_reach_the_catalogue_believes_what_it_knew_for_so_long_and_no_longer()
    {
        using var directory = await StartAsync(patienceSeconds: 60);
        catalogue.IsReached = false;

        time.Advance(TimeSpan.FromSeconds(59));
        directory.IsCurrent.ShouldBeTrue();
        directory.Recognize("oraft_no").Failure.ShouldBe(AccessFailure.Unknown);
        time.Advance(TimeSpan.FromSeconds(2));

        directory.IsCurrent.ShouldBeFalse();
        directory.Recognize("oraft_no").Failure.ShouldBe(AccessFailure.NotCurrent);
        await UntilAsync(() => catalogue.Reads > 5);
        directory.IsCurrent.ShouldBeFalse("it asked, and nobody answered");
        catalogue.IsReached = true;
        await UntilAsync(() => directory.IsCurrent);
        directory.Recognize("oraft_no").Failure.ShouldBe(AccessFailure.Unknown);
        await directory.StopAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_signal_tells_of_what_replicas_here_applied_and_of_what_others_say_and_never_goes_back()
    {
        var applied = signal.WaitAppliedAsync(4, time, TestContext.Current.CancellationToken);

        signal.Hear(5);
        applied.IsCompleted.ShouldBeFalse("no replica of this silo has applied it");
        signal.Apply(5);
        signal.Apply(3);
        (await applied).ShouldBe(5);

        (await signal.WaitHeardAsync(4, TimeSpan.Zero, time, TestContext.Current.CancellationToken)).ShouldBeTrue();
        var later = signal.WaitHeardAsync(5, TimeSpan.FromSeconds(1), time, TestContext.Current.CancellationToken);
        time.Advance(TimeSpan.FromSeconds(1));
        (await later).ShouldBeFalse();
    }

    private async Task<AccessDirectory> StartAsync(int patienceSeconds)
    {
        var directory = new AccessDirectory(
            catalogue, Options.Create(new RaftAccessOptions { PatienceSeconds = patienceSeconds }), time, NullLogger<AccessDirectory>.Instance);
        await directory.StartAsync(TestContext.Current.CancellationToken);
        await catalogue.ReadAsync(1);
        while (!directory.IsCurrent)
        {
            // It was answered; what it was told is taken over on another thread.
            await Task.Delay(1, TestContext.Current.CancellationToken);
        }

        return directory;
    }

    /// <summary>Lets time pass in steps, and whatever waits for a step do what it does before the next.</summary>
    private async Task PassAsync(TimeSpan span)
    {
        for (var passed = TimeSpan.Zero; passed < span; passed += Step)
        {
            time.Advance(Step);
            for (var turn = 0; turn < 20; turn++)
            {
                await Task.Yield();
            }
        }
    }

    /// <summary>Lets time pass until something holds.</summary>
    private async Task UntilAsync(Func<bool> holds)
    {
        while (!holds())
        {
            time.Advance(Step);
            await Task.Delay(1, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>A catalogue that holds no keys and counts who asks.</summary>
    private sealed class Catalogue(AccessSignal signal, TimeProvider time) : IRaftAccess
    {
        private readonly SemaphoreSlim read = new(0);

        public int Reads { get; private set; }

        public long Revision { get; set; }

        public bool IsReached { get; set; } = true;

        /// <summary>Waits until it was asked so often.</summary>
        public async Task ReadAsync(int times)
        {
            while (Reads < times)
            {
                await read.WaitAsync(TestContext.Current.CancellationToken);
            }
        }

        public Task<Outcome<AccessContents>> ReadAsync(long revision, CancellationToken cancellation)
        {
            Reads++;
            read.Release();
            return Task.FromResult<Outcome<AccessContents>>(IsReached
                ? new Committed<AccessContents>(new AccessContents(Revision), EntryId.Zero, "catalogue-0")
                : new Unknown<AccessContents>("nobody answers"));
        }

        public Task<bool> WaitForChangeAsync(long revision, TimeSpan atMost, CancellationToken cancellation) =>
            signal.WaitHeardAsync(revision, atMost, time, cancellation);

        public Task<Outcome<AccessContents>> AddKeyAsync(AccessKey key, bool onlyFirst, CancellationToken cancellation) =>
            throw new NotSupportedException();

        public Task<Outcome<AccessContents>> RevokeKeyAsync(string key, DateTimeOffset time, string by, bool force, CancellationToken cancellation) =>
            throw new NotSupportedException();

        public Task<Outcome<AccessContents>> SetLimitsAsync(TenantLimits limits, CancellationToken cancellation) => throw new NotSupportedException();

        public Task<Outcome<AccessContents>> NoteAuditAsync(IReadOnlyList<AuditEntry> entries, CancellationToken cancellation) =>
            throw new NotSupportedException();

        public Task<Outcome<AccessContents>> ReadAuditAsync(long before, int limit, CancellationToken cancellation) =>
            throw new NotSupportedException();
    }
}
