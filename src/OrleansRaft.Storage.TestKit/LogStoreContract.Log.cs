using OrleansRaft.Core;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Storage.TestKit;

public abstract partial class LogStoreContract
{
    [Fact]
    public async Task A_new_replica_is_empty_and_starts_from_its_groups_configuration()
    {
        var replica = await OpenAsync();

        replica.Recovered.HardState.ShouldBe(HardState.Initial);
        replica.Recovered.Entries.ShouldBeEmpty();
        replica.Recovered.LogStart.ShouldBe(EntryId.Zero);
        replica.Recovered.Snapshot.LastIncluded.ShouldBe(EntryId.Zero);
        replica.Recovered.Snapshot.Configuration.Voters.Length.ShouldBe(3);
        replica.Log.RecoveredSnapshot.SizeBytes.ShouldBe(0);
    }

    [Fact]
    public async Task What_was_acknowledged_is_there_after_a_crash()
    {
        var replica = await OpenAsync();

        await replica.AppendAsync(1, "a", "b");
        await replica.AppendAsync(1, "c");
        var reopened = await ReopenAsync();

        reopened.Bodies.ShouldBe(["a", "b", "c"]);
        reopened.Last.ShouldBe(Id(1, 3));
        reopened.Recovered.Entries.Select(entry => entry.Time.Value).ShouldBe([1, 2, 3]);
    }

    [Fact]
    public async Task Rule_10_and_12_term_vote_and_entries_are_one_write()
    {
        var replica = await OpenAsync();

        replica.HardState = new HardState(new Term(4), new ReplicaId(2), new LogIndex(1));
        await replica.AppendAsync(4, "a", "b");
        var reopened = await ReopenAsync();

        reopened.Recovered.HardState.ShouldBe(new HardState(new Term(4), new ReplicaId(2), new LogIndex(1)));
        reopened.Last.ShouldBe(Id(4, 2));
    }

    /// <summary>The end of a pulse may be late, where a turn takes long: the pulses of other workers do not wait for it.</summary>
    [Fact]
    public async Task Writes_of_a_pulse_become_durable_although_another_one_does_not_end()
    {
        var one = await OpenAsync();
        var other = await OpenAsync(new ReplicaKey(Key.Group, new ReplicaId(2)));

        Store.BeginPulse();
        Store.BeginPulse();
        var written = Task.WhenAll(one.AppendAsync(1, "a"), other.AppendAsync(1, "b"));
        Store.EndPulse();
        await written;
        Store.EndPulse();
        await one.AppendAsync(1, "c");
        var reopened = await ReopenAsync();

        reopened.Bodies.ShouldBe(["a", "c"]);
    }

    [Fact]
    public async Task A_write_that_leaves_a_gap_stops_its_replica_and_harms_no_other()
    {
        var replica = await OpenAsync();
        var other = await OpenAsync(Third);

        replica.Send(OpenReplica.Block(Id(1, 7), 1, "h"));
        var stopped = await replica.Events.StoppedAsync();
        await other.AppendAsync(1, "a");
        var reopened = await ReopenAsync();
        await reopened.AppendAsync(1, "a");

        stopped.Cause.Message.ShouldContain("leaves no gap");
        reopened.Recovered.Entries.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_receiver_that_throws_stops_its_replica_and_harms_no_other()
    {
        var throwing = new ThrowingEvents();
        await using var log = await Store.OpenAsync(Key, throwing, Cancellation);
        await log.RecoveredSnapshot.DisposeAsync();
        var other = await OpenAsync(Third);

        var hardState = new HardState(new Term(1), null, LogIndex.Zero);
        log.Write(new LogWrite(default, hardState, EntryId.Zero, OpenReplica.Block(EntryId.Zero, 1, "a"), null, null));
        var cause = await throwing.Stopped.WaitAsync(Cancellation);
        await other.AppendAsync(1, "a");
        await log.DisposeAsync();
        var reopened = await ReopenAsync();

        cause.ShouldBeOfType<TimeZoneNotFoundException>();
        reopened.Bodies.ShouldBe(["a"], "it was durable before it was told");
    }

    [Fact]
    public async Task A_vote_alone_is_durable()
    {
        var replica = await OpenAsync();
        await replica.AppendAsync(1, "a");

        replica.HardState = new HardState(new Term(9), new ReplicaId(3), LogIndex.Zero);
        await replica.WriteAsync();
        var reopened = await ReopenAsync();

        reopened.HardState.ShouldBe(new HardState(new Term(9), new ReplicaId(3), LogIndex.Zero));
        reopened.Bodies.ShouldBe(["a"]);
    }

    [Fact]
    public async Task An_append_cuts_off_what_follows_its_previous_even_in_the_middle_of_a_block()
    {
        var replica = await OpenAsync();
        await replica.AppendAsync(1, "a", "b", "c", "d", "e");
        await replica.AppendAsync(1, "f", "g");

        await replica.WriteAsync(OpenReplica.Block(Id(1, 2), 2, "C", "D"));
        var reopened = await ReopenAsync();

        reopened.Bodies.ShouldBe(["a", "b", "C", "D"]);
        reopened.Last.ShouldBe(Id(2, 4));
    }

    [Fact]
    public async Task Overlapping_truncations_of_writes_that_wait_together_end_in_the_last_ones_log()
    {
        var replica = await OpenAsync();
        await replica.AppendAsync(1, "a", "b", "c", "d");

        replica.Send(OpenReplica.Block(Id(1, 3), 2, "D", "E", "F"));
        replica.Send(OpenReplica.Block(Id(2, 5), 3, "G", "H"));
        replica.Send(OpenReplica.Block(Id(1, 1), 4, "I"));
        replica.Send(OpenReplica.Block(Id(4, 2), 4, "J", "K"));
        await replica.WriteAsync(OpenReplica.Block(Id(4, 3), 5, "L"));
        var reopened = await ReopenAsync();

        reopened.Bodies.ShouldBe(["a", "I", "J", "L"]);
        reopened.Last.ShouldBe(Id(5, 4));
        replica.Events.Written.Select(ticket => ticket.Value).ShouldBe([1, 2, 3, 4, 5, 6]);
    }

    [Fact]
    public async Task An_empty_block_cuts_off_only()
    {
        var replica = await OpenAsync();
        await replica.AppendAsync(1, "a", "b", "c");

        await replica.WriteAsync(EntryBlock.Empty(Id(1, 1)));
        await replica.AppendAsync(2, "B");
        var reopened = await ReopenAsync();

        reopened.Bodies.ShouldBe(["a", "B"]);
    }

    [Fact]
    public async Task The_whole_log_can_be_cut_off()
    {
        var replica = await OpenAsync();
        await replica.AppendAsync(1, "a", "b", "c");

        await replica.WriteAsync(OpenReplica.Block(EntryId.Zero, 2, "A"));
        var reopened = await ReopenAsync();

        reopened.Bodies.ShouldBe(["A"]);
        reopened.Last.ShouldBe(Id(2, 1));
    }

    [Fact]
    public async Task Writes_in_flight_become_durable_in_their_order()
    {
        var replica = await OpenAsync();

        var tickets = Enumerable.Range(0, 200).Select(number => replica.SendAppend(1 + (number / 50), $"{number}")).ToList();
        await replica.Events.WrittenAsync(tickets[^1]);
        var reopened = await ReopenAsync();

        replica.Events.Written.ShouldBe(tickets);
        reopened.Bodies.ShouldBe(Enumerable.Range(0, 200).Select(number => $"{number}"));
    }

    [Fact]
    public async Task Writes_of_many_replicas_wait_together_and_keep_apart()
    {
        var replicas = new List<OpenReplica>();
        foreach (var (group, number) in from set in Enumerable.Range(0, 4) from replica in Enumerable.Range(1, 3) select (set, replica))
        {
            replicas.Add(await OpenAsync(new ReplicaKey($"counters-{group}", new ReplicaId(number))));
        }

        var last = replicas.ConvertAll(replica =>
        {
            for (var i = 0; i < 20; i++)
            {
                replica.SendAppend(1, $"{replica.Log.Epoch}-{i}");
            }

            return replica.Send();
        });
        for (var i = 0; i < replicas.Count; i++)
        {
            await replicas[i].Events.WrittenAsync(last[i]);
        }

        (await ReopenAsync(new ReplicaKey("counters-3", new ReplicaId(2)))).Bodies.Length.ShouldBe(20);
    }

    [Fact]
    public async Task A_big_block_and_big_bodies_are_kept()
    {
        var replica = await OpenAsync();
        var body = new string('x', 1024 * 1024);

        await replica.AppendAsync(1, body + "1", body + "2", body + "3", body + "4");
        await replica.AppendAsync(1, "small");
        var reopened = await ReopenAsync();

        reopened.Bodies.ShouldBe([body + "1", body + "2", body + "3", body + "4", "small"]);
    }

    [Fact]
    public async Task Rule_15_a_write_that_does_not_continue_the_stored_log_is_refused_and_changes_nothing()
    {
        var replica = await OpenAsync();
        await replica.AppendAsync(1, "a", "b");

        replica.Last = Id(2, 2);
        replica.Send(OpenReplica.Block(Id(2, 2), 2, "c"));
        var stopped = await replica.Events.StoppedAsync();
        var reopened = await ReopenAsync();

        stopped.Reason.ShouldBe(LogStopReason.Corrupt);
        stopped.Cause.Message.ShouldContain(Key.ToString());
        reopened.Bodies.ShouldBe(["a", "b"]);
        reopened.HardState.CurrentTerm.ShouldBe(new Term(1));
    }

    [Fact]
    public async Task Compaction_forgets_what_a_snapshot_covers_and_keeps_the_rest()
    {
        var replica = await OpenAsync();
        await replica.AppendAsync(1, "a", "b");
        await replica.AppendAsync(1, "c", "d", "e");
        await replica.SaveSnapshotAsync(1, 4, [1, 2, 3]);

        await replica.WriteAsync(compactThrough: Id(1, 3));
        var reopened = await ReopenAsync();

        reopened.Recovered.LogStart.ShouldBe(Id(1, 3));
        reopened.Bodies.ShouldBe(["d", "e"]);
        reopened.Log.RecoveredSnapshot.ReadAll().ShouldBe([1, 2, 3]);
    }

    [Fact]
    public async Task A_log_compacted_to_its_end_goes_on()
    {
        var replica = await OpenAsync();
        await replica.AppendAsync(1, "a", "b");
        await replica.SaveSnapshotAsync(1, 2, [9]);

        await replica.WriteAsync(compactThrough: Id(1, 2));
        await replica.AppendAsync(2, "c");
        var reopened = await ReopenAsync();

        reopened.Recovered.LogStart.ShouldBe(Id(1, 2));
        reopened.Bodies.ShouldBe(["c"]);
    }

    [Fact]
    public async Task Damaged_entries_are_refused_with_their_place()
    {
        var replica = await OpenAsync();
        await replica.AppendAsync(1, "a", "b");
        await replica.AppendAsync(1, "cccccccc");
        await RestartAsync(() => DamageLogAsync(Key));

        var refused = await Should.ThrowAsync<CorruptDataException>(() => OpenAsync());

        refused.Message.ShouldContain(Key.ToString());
        refused.Message.ShouldContain("index 3");
    }
}
