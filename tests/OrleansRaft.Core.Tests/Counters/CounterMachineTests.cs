using System.Globalization;
using CsCheck;
using OrleansRaft.Counters;
using static OrleansRaft.Core.Tests.Counters.CounterGen;

namespace OrleansRaft.Core.Tests.Counters;

public sealed class CounterMachineTests
{
    [Fact]
    public void Behaves_as_its_model_whatever_is_asked() =>
        Gen.Select(Key, Write).Array[0, 60].Sample(steps =>
        {
            var machine = new CounterMachine();
            var model = new CounterModel();
            for (var i = 0; i < steps.Length; i++)
            {
                var (key, command) = steps[i];
                var index = i + 1;

                Apply(machine, command, key, index).ShouldBe(model.Apply(command, key, index, 1 + (index / 10)));

                // Asking for a list in the middle makes the machine keep the order from here on.
                if (index % 7 == 0)
                {
                    AssertLists(machine, model);
                }
            }

            AssertLists(machine, model);
            foreach (var (key, counter) in model.Counters)
            {
                Query(machine, new GetCounter(), key).ShouldBe(new CounterValue(counter.Value, counter.Index, counter.Term));
            }
        });

    [Fact]
    public void Applies_a_batch_as_it_applies_one_after_the_other() =>
        Gen.Select(Key, Write).Array[0, 40].Sample(steps =>
        {
            var (together, apart) = (new CounterMachine(), new CounterMachine());
            var commands = steps.Select((step, i) => At(step.Item2, step.Item1, i + 1)).ToArray();
            var results = new CounterResult[commands.Length];

            together.Apply(commands, results);

            results.ShouldBe(commands.Select(command => Apply(apart, command.Value, command.Key, command.Entry.Index.Value)));
            Captured(together).ShouldBe(Captured(apart));
        });

    [Fact]
    public void Equal_states_capture_equal_bytes_whatever_their_history() =>
        Gen.Select(Gen.Select(Key, Write).Array[0, 40], Gen.Int[0, 40]).Sample((steps, cut) =>
        {
            var (straight, detour) = (new CounterMachine(), new CounterMachine());
            for (var i = 0; i < steps.Length; i++)
            {
                Apply(straight, steps[i].Item2, steps[i].Item1, i + 1);
                Apply(detour, steps[i].Item2, steps[i].Item1, i + 1);
                if (i == cut)
                {
                    detour = Restored(Captured(detour));
                    Query(detour, new ListCounters("acme", "", 10));
                }
            }

            Captured(detour).ShouldBe(Captured(straight));
        });

    [Fact]
    public void A_damaged_snapshot_is_refused_or_is_another_state_but_never_crashes() =>
        Gen.Select(Gen.Select(Key, Write).Array[1, 20], Gen.Int[0, 10_000], Gen.Byte).Sample((steps, place, flip) =>
        {
            var machine = new CounterMachine();
            for (var i = 0; i < steps.Length; i++)
            {
                Apply(machine, steps[i].Item2, steps[i].Item1, i + 1);
            }

            var snapshot = Captured(machine);
            snapshot[place % snapshot.Length] ^= flip;
            try
            {
                Captured(Restored(snapshot)).ShouldBe(snapshot);
            }
            catch (CorruptDataException exception)
            {
                exception.Message.ShouldNotBeEmpty();
            }
        });

    /// <summary>What a former program wrote: a version, tenants in order, and in each the counters in order.</summary>
    [Fact]
    public void A_snapshot_by_tenants_is_still_read()
    {
        var former = Convert.FromHexString(
            "01" + "02"
            + "0461636D65" + "02" + "0142" + "0700000000000000" + "AC02" + "03" + "06766973697473" + "FEFFFFFFFFFFFFFF" + "01" + "01"
            + "06622E636F7270" + "01" + "0161" + "0100000000000000" + "02" + "01");

        var machine = Restored(former);

        Query(machine, new GetCounter(), "acme/B").ShouldBe(new CounterValue(7, 300, 3));
        Query(machine, new GetCounter(), "acme/visits").ShouldBe(new CounterValue(-2, 1, 1));
        Query(machine, new GetCounter(), "b.corp/a").ShouldBe(new CounterValue(1, 2, 1));
        machine.StateKeys.ShouldBe(3);
        Captured(Restored(Captured(machine))).ShouldBe(Captured(machine));
        for (var length = 1; length < former.Length; length++)
        {
            Should.Throw<CorruptDataException>(() => Restored(former.AsMemory(0, length)));
        }

        Should.Throw<CorruptDataException>(() => Restored((byte[])[.. former, 0])).Message.ShouldContain("follow");
    }

    [Fact]
    public void Equal_states_have_equal_digests_and_others_have_others() =>
        Gen.Select(Gen.Select(Key, Write).Array[1, 40], Gen.Int[0, 40]).Sample((steps, cut) =>
        {
            var (straight, detour) = (new CounterMachine(), new CounterMachine());
            for (var i = 0; i < steps.Length; i++)
            {
                Apply(straight, steps[i].Item2, steps[i].Item1, i + 1);
                Apply(detour, steps[i].Item2, steps[i].Item1, i + 1);
                detour = i == cut ? Restored(Captured(detour)) : detour;
            }

            detour.StateDigest.ShouldBe(straight.StateDigest);
            Apply(detour, new IncrementCounter(1), "acme/other", 100);
            detour.StateDigest.ShouldNotBe(straight.StateDigest);
        });

    /// <summary>What goes on while a snapshot is written is not in it.</summary>
    [Fact]
    public void A_view_shows_counters_as_they_were() =>
        Gen.Select(Key, Write).Array[2, 60].Sample(steps =>
        {
            var machine = new CounterMachine();
            byte[] before = [];
            IStateView? view = null;
            for (var i = 0; i < steps.Length; i++)
            {
                Apply(machine, steps[i].Item2, steps[i].Item1, i + 1);
                if (i == steps.Length / 2)
                {
                    (before, view) = (Captured(machine), machine.TakeView());
                }
            }

            var output = new System.Buffers.ArrayBufferWriter<byte>();
            view!.Write(output);
            view.Dispose();
            output.WrittenSpan.ToArray().ShouldBe(before);
        });

    [Fact]
    public void A_full_state_takes_no_new_counters_and_goes_on_with_those_it_has()
    {
        var machine = new CounterMachine();
        Apply(machine, new SetCounter(1), "acme/visits", 1);
        var most = machine.StateBytes + 5;

        Limited(new IncrementCounter(1), "acme/more").ShouldBe(new CounterStateFull(machine.StateBytes, most));
        Limited(new SetCounter(1), "acme/more").ShouldBe(new CounterStateFull(machine.StateBytes, most));
        machine.StateKeys.ShouldBe(1);
        most = 1;
        Limited(new IncrementCounter(1), "acme/visits").ShouldBe(new CounterValue(2, 1_000_000, 1));
        Limited(new DeleteCounter(), "acme/none").ShouldBe(CounterNotFound.Instance);
        Limited(new GetCounter(), "acme/visits").ShouldBeOfType<CounterValue>();
        Limited(new DeleteCounter(), "acme/visits").ShouldBeOfType<CounterDeleted>();
        machine.StateBytes.ShouldBe(0);

        CounterResult Limited(CounterCommand command, string key)
        {
            var results = new CounterResult[1];
            var entry = new EntryId(new Term(1), new LogIndex(1_000_000));
            machine.Apply([new Command<CounterCommand>(command, key, entry, default) { StateBytesMax = most }], results);
            return results[0];
        }
    }

    /// <summary>
    /// What a tenant has is counted as counters come and go, and the same whether a replica applied the log or restored a snapshot.
    /// </summary>
    [Fact]
    public void What_a_tenant_has_is_known_without_counting() =>
        Gen.Select(Gen.Select(Key, Write).Array[0, 60], Gen.Int[0, 60]).Sample((steps, cut) =>
        {
            var machine = new CounterMachine();
            for (var i = 0; i < steps.Length; i++)
            {
                Apply(machine, steps[i].Item2, steps[i].Item1, i + 1);
                machine = i == cut ? Restored(Captured(machine)) : machine;
            }

            foreach (var tenant in new[] { "acme", "b.corp", "Z-9", "nobody", "no name", "" })
            {
                var counters = ((CounterPage)Query(machine, new ListCounters(tenant, "", 1_000))).Counters;
                Query(machine, new MeasureTenant(tenant)).ShouldBe(
                    new TenantMeasured(counters.Length, counters.Sum(counter => tenant.Length + 1 + counter.Counter.Length + 16)));
            }
        });

    /// <summary>
    /// Whether a write makes a counter is decided by its entry, by programs that know nothing of tenants' limits too, and not by who asks for it
    /// again.
    /// </summary>
    [Fact]
    public void A_write_that_makes_no_counter_says_so_in_its_entry_and_is_the_same_request()
    {
        var codec = new CounterCommandCodec();
        CounterCommand[] narrowed = [new IncrementCounter(5) { MakesNone = true }, new SetCounter(7) { MakesNone = true }];
        CounterCommand[] plain = [new IncrementCounter(5), new SetCounter(7)];
        CounterCommand[] conditional = [new IncrementCounter(5, CounterCondition.Exists), new SetCounter(7, CounterCondition.Exists)];
        for (var i = 0; i < narrowed.Length; i++)
        {
            var machine = new CounterMachine();
            var read = codec.Read(Written(narrowed[i]));

            read.ShouldBe(conditional[i]);
            ((ICommandCodec<CounterCommand>)codec).IdentityOf(narrowed[i]).ShouldBe(((ICommandCodec<CounterCommand>)codec).IdentityOf(plain[i]));
            Apply(machine, read, "acme/visits", 1).ShouldBe(new CounterConditionFailed(0));
            machine.StateKeys.ShouldBe(0);
            Apply(machine, new SetCounter(1), "acme/visits", 2);
            Apply(machine, read, "acme/visits", 3).ShouldBeOfType<CounterValue>();
        }

        var unchanged = new IncrementCounter(5, CounterCondition.Unchanged(3));
        Written(unchanged with { MakesNone = true }).ShouldBe(Written(unchanged));

        byte[] Written(CounterCommand command)
        {
            var output = new System.Buffers.ArrayBufferWriter<byte>();
            codec.Write(command, output);
            return output.WrittenSpan.ToArray();
        }
    }

    [Fact]
    public void Restoring_nothing_is_the_state_without_counters()
    {
        var machine = new CounterMachine();
        Apply(machine, new SetCounter(7), "acme/visits", 1);

        machine.Restore(Stream.Null);

        Query(machine, new GetCounter(), "acme/visits").ShouldBe(CounterNotFound.Instance);
        Captured(machine).ShouldBe(Captured(new CounterMachine()));
    }

    [Theory]
    [InlineData(long.MaxValue, 1)]
    [InlineData(long.MinValue, -1)]
    [InlineData(-1, long.MinValue)]
    [InlineData(1, long.MaxValue)]
    public void An_increment_that_would_overflow_changes_nothing(long value, long by)
    {
        var machine = new CounterMachine();
        Apply(machine, new SetCounter(value), "acme/visits", 1);
        var before = Captured(machine);

        var result = Apply(machine, new IncrementCounter(by), "acme/visits", 2);

        result.ShouldBe(new CounterOverflow(value));
        Captured(machine).ShouldBe(before);
    }

    [Fact]
    public void A_write_that_is_asked_as_a_query_is_refused_and_changes_nothing()
    {
        var machine = new CounterMachine();
        var before = Captured(machine);

        Query(machine, new IncrementCounter(1), "acme/visits").ShouldBeOfType<CounterCommandRefused>();

        Captured(machine).ShouldBe(before);
    }

    [Theory]
    [InlineData("acme")]
    [InlineData("/visits")]
    [InlineData("acme/")]
    [InlineData("acme/a/b")]
    [InlineData("acme/ä")]
    [InlineData("")]
    public void A_key_that_is_not_tenant_and_counter_is_refused(string key)
    {
        var machine = new CounterMachine();

        Apply(machine, new IncrementCounter(1), key, 1).ShouldBeOfType<CounterCommandRefused>();

        CounterKey.TryParse(key, out _).ShouldBeFalse();
        Captured(machine).ShouldBe(Captured(new CounterMachine()));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(ListCounters.LimitMax + 1)]
    public void A_list_beyond_its_limit_is_refused(int limit) =>
        Query(new CounterMachine(), new ListCounters("acme", "", limit)).ShouldBeOfType<CounterCommandRefused>();

    /// <summary>The refusal of a list in the log is remembered, and captured: replicas on servers with other settings must write it alike.</summary>
    [Fact]
    public void A_refusal_reads_alike_in_every_culture()
    {
        var machine = new CounterMachine();
        var here = Apply(machine, new ListCounters("acme", "", -1), "acme/a", 1);
        var before = CultureInfo.CurrentCulture;
        var elsewhere = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        elsewhere.NumberFormat.NegativeSign = "minus ";
        try
        {
            CultureInfo.CurrentCulture = elsewhere;
            Apply(machine, new ListCounters("acme", "", -1), "acme/a", 2).ShouldBe(here);
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Theory]
    [InlineData("a", true)]
    [InlineData("A-z_0.9", true)]
    [InlineData("...", true)]
    [InlineData("a.", true)]
    [InlineData(".a", true)]
    [InlineData(".", false)]
    [InlineData("..", false)]
    [InlineData("", false)]
    [InlineData("a b", false)]
    [InlineData("a/b", false)]
    [InlineData("é", false)]
    [InlineData("٣", false)]
    [InlineData("a\n", false)]
    public void A_name_is_of_ascii_letters_digits_dots_underscores_and_hyphens(string name, bool holds) => NameRule.Holds(name).ShouldBe(holds);

    /// <summary>Replicas of an older program took such names: whoever reads their logs and snapshots must come to the same state.</summary>
    [Fact]
    public void Names_that_are_refused_today_are_still_read_from_old_logs_and_snapshots()
    {
        var machine = new CounterMachine();

        Apply(machine, new SetCounter(7), "./..", 1).ShouldBeOfType<CounterValue>();

        Query(Restored(Captured(machine)), new GetCounter(), "./..").ShouldBeOfType<CounterValue>().Value.ShouldBe(7);
    }

    [Fact]
    public void A_name_has_at_most_128_characters()
    {
        NameRule.Holds(new string('a', 128)).ShouldBeTrue();
        NameRule.Holds(new string('a', 129)).ShouldBeFalse();
    }

    private static void AssertLists(CounterMachine machine, CounterModel model)
    {
        foreach (var tenant in (string[])["acme", "b.corp", "nobody"])
        {
            foreach (var after in (string[])["", "B", "aa", "zz"])
            {
                foreach (var limit in (int[])[1, 2, 1_000])
                {
                    Query(machine, new ListCounters(tenant, after, limit)).ShouldBe(model.List(tenant, after, limit));
                }
            }
        }
    }
}
