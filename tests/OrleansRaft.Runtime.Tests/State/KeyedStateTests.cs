using static OrleansRaft.Runtime.Tests.State.StateBench;

namespace OrleansRaft.Runtime.Tests.State;

public sealed class KeyedStateTests
{
    [Theory]
    [InlineData(3, 400)]
    [InlineData(200, 3_000)]
    [InlineData(8_000, 12_000)]
    public void Behaves_as_a_sorted_dictionary_whatever_is_asked(int keys, int changes)
    {
        var random = Seeded(out var seed);
        Told(seed, () =>
        {
            var bench = new StateBench(random);
            for (var change = 0; change < changes; change++)
            {
                bench.Change(keys);
                if (random.Next(0, changes / 10) == 0)
                {
                    bench.Verify();
                }

                var key = bench.Key(keys);
                bench.State.TryGet(Bytes(key), out var value).ShouldBe(bench.Model.TryGetValue(key, out var expected));
                value.SequenceEqual(expected).ShouldBeTrue();
            }

            bench.Verify();
            foreach (var key in bench.Model.Keys.OrderBy(_ => random.Next()).ToList())
            {
                bench.Remove(key);
            }

            bench.Verify();
            bench.State.Digest.ShouldBe(UInt128.Zero);
        });
    }

    [Fact]
    public void Finds_what_begins_with_a_prefix_and_what_follows_a_key()
    {
        var random = Seeded(out var seed);
        Told(seed, () =>
        {
            var bench = new StateBench(random);
            for (var change = 0; change < 4_000; change++)
            {
                bench.Change(3_000);
            }

            for (var asked = 0; asked < 500; asked++)
            {
                var (first, prefix) = (bench.Key(3_000), bench.Key(3_000));
                prefix = prefix[..random.Next(0, Math.Min(4, prefix.Length + 1))];
                var after = bench.Model.Where(pair => string.CompareOrdinal(pair.Key, first) >= 0).ToList();
                var within = bench.Model.Where(pair => pair.Key.StartsWith(prefix, StringComparison.Ordinal)).ToList();

                Verify(bench.State.EntriesFrom(Bytes(first)), after);
                Verify(bench.State.EntriesWith(Bytes(prefix)), within);
                Verify(bench.State.EntriesWith(Bytes(prefix), Bytes(first)), within.Intersect(after));
            }
        });
    }

    /// <summary>Several views at a time, taken, read and disposed in any order while the state goes on.</summary>
    [Fact]
    public void A_view_keeps_its_contents_whatever_becomes_of_the_state()
    {
        var random = Seeded(out var seed);
        Told(seed, () =>
        {
            var bench = new StateBench(random);
            var views = new List<(KeyedStateView View, SortedDictionary<string, byte[]> Model, UInt128 Digest)>();
            for (var change = 0; change < 20_000; change++)
            {
                bench.Change(2_000);
                switch (random.Next(0, 300))
                {
                    case 0 when views.Count < 5:
                        views.Add((bench.State.View(), new(bench.Model, StringComparer.Ordinal), bench.State.Digest));
                        break;
                    case 1 when views.Count > 0:
                        var place = random.Next(0, views.Count);
                        Verify(views[place].View, views[place].Model, views[place].Digest);
                        views[place].View.Dispose();
                        views.RemoveAt(place);
                        break;
                }
            }

            views.ForEach(taken => Verify(taken.View, taken.Model, taken.Digest));
            views.ForEach(taken => taken.View.Dispose());
            bench.Verify();
        });
    }

    [Fact]
    public void Without_a_live_view_nothing_is_copied()
    {
        var state = new KeyedState();
        for (var number = 0; number < 1_000; number++)
        {
            state.Set(BitConverter.GetBytes(number), new byte[8]);
        }

        var value = new byte[8];
        using (state.View())
        {
            Change(state, value);
        }

        // What this view shows is nobody's again before it is written.
        state.View().Dispose();
        var before = GC.GetAllocatedBytesForCurrentThread();
        Change(state, value);

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);

        static void Change(KeyedState state, byte[] value)
        {
            value[0]++;
            Span<byte> key = stackalloc byte[4];
            for (var number = 0; number < 1_000; number++)
            {
                BitConverter.TryWriteBytes(key, number);
                state.Set(key, value);
            }
        }
    }

    /// <summary>An entry that is written again and again beside a view is copied once, with its block, and not each time.</summary>
    [Fact]
    public void Beside_a_live_view_a_block_is_copied_once()
    {
        var state = new KeyedState();
        for (var number = 0; number < 10_000; number++)
        {
            state.Set(BitConverter.GetBytes(number), new byte[8]);
        }

        var (key, value) = (BitConverter.GetBytes(17), new byte[8]);
        using var view = state.View();
        value[0] = 1;
        state.Set(key, value);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var times = 0; times < 100; times++)
        {
            value[1]++;
            state.Set(key, value);
        }

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
        view.TryGet(key, out var shown).ShouldBeTrue();
        shown.SequenceEqual(new byte[8]).ShouldBeTrue();
    }

    [Fact]
    public void Equal_contents_have_one_digest_and_one_form_whatever_their_history()
    {
        var random = Seeded(out var seed);
        Told(seed, () =>
        {
            for (var round = 0; round < 30; round++)
            {
                var bench = new StateBench(random);
                for (var change = 0; change < 500; change++)
                {
                    bench.Change(100 * (1 + round));
                }

                var bytes = Written(bench.State);
                var restored = Restored(bytes);

                Written(bench.Fresh()).ShouldBe(bytes);
                Written(restored).ShouldBe(bytes);
                restored.Digest.ShouldBe(bench.State.Digest);
                restored.Bytes.ShouldBe(bench.State.Bytes);
                Verify(restored.Entries(), bench.Model);
            }
        });
    }

    [Fact]
    public void Any_single_difference_changes_the_digest()
    {
        var random = Seeded(out var seed);
        Told(seed, () =>
        {
            var bench = new StateBench(random);
            for (var change = 0; change < 300; change++)
            {
                bench.Change(200);
            }

            bench.Set("another", [1]);
            var digest = bench.State.Digest;
            foreach (var (key, value) in bench.Model.ToList())
            {
                var changed = bench.Fresh();
                changed.Remove(Bytes(key));
                changed.Digest.ShouldNotBe(digest, "an entry is missing");

                changed.Set(Bytes(key + "\0"), value);
                changed.Digest.ShouldNotBe(digest, "a key is longer");

                changed = bench.Fresh();
                changed.Set(Bytes(key), [.. value, 0]);
                changed.Digest.ShouldNotBe(digest, "a value is longer");
                if (value.Length > 0)
                {
                    value[random.Next(0, value.Length)] ^= (byte)(1 << random.Next(0, 8));
                    changed.Set(Bytes(key), value);
                    changed.Digest.ShouldNotBe(digest, "a bit is another");
                }
            }

            // What moves from the key to the value is another entry, too.
            var (left, right) = (new KeyedState(), new KeyedState());
            left.Set("ab"u8, "c"u8);
            right.Set("a"u8, "bc"u8);
            left.Digest.ShouldNotBe(right.Digest);
        });
    }

    /// <summary>Replicas compare it, of whichever build they are.</summary>
    [Fact]
    public void A_digest_stays_what_it_is()
    {
        var state = new KeyedState();
        state.Set("acme/visits"u8, [1, 2, 3]);
        state.Set("large"u8, new byte[1_000]);

        state.Digest.ToString("x32", null).ShouldBe("c981bea6a4e054b5f5ca84a14ab93e6f");
    }

    [Fact]
    public void Keys_that_come_in_order_fill_their_blocks_and_a_queue_moves_nothing()
    {
        var state = new KeyedState();
        Span<byte> key = stackalloc byte[8];
        var value = new byte[40];
        for (long number = 0; number < 20_000; number++)
        {
            System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(key, number);
            state.Set(key, value);
            if (number >= 500)
            {
                System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(key, number - 500);
                state.Remove(key).ShouldBeTrue();
            }
        }

        state.Count.ShouldBe(500);
        var expected = 20_000L - 500;
        foreach (var entry in state.Entries())
        {
            System.Buffers.Binary.BinaryPrimitives.ReadInt64BigEndian(entry.Key).ShouldBe(expected++);
        }

        expected.ShouldBe(20_000);
    }

    [Fact]
    public void A_value_may_be_set_that_the_state_itself_gave()
    {
        var state = new KeyedState();
        for (var number = 0; number < 50; number++)
        {
            state.Set([(byte)number], [(byte)number, 7, 7]);
        }

        for (var number = 0; number < 50; number++)
        {
            state.TryGet([(byte)number], out var value).ShouldBeTrue();
            state.Set([0, (byte)number], value);
            state.TryGet([0, (byte)number], out var copied).ShouldBeTrue();
            copied.ToArray().ShouldBe([(byte)number, 7, 7]);
        }
    }

    [Fact]
    public void Writing_while_going_through_entries_is_an_error_that_says_so()
    {
        var state = new KeyedState();
        state.Set("a"u8, "1"u8);
        state.Set("b"u8, "2"u8);

        Should.Throw<InvalidOperationException>(() =>
        {
            foreach (var entry in state.Entries())
            {
                state.Set(entry.Key, "3"u8);
            }
        }).Message.ShouldContain("take a view");
    }

    [Fact]
    public void A_disposed_view_is_refused_and_one_that_is_being_written_ends_afterwards()
    {
        var state = new KeyedState();
        state.Set("a"u8, "1"u8);
        var view = state.View();
        var output = new DisposingWriter(view, () => state.Set("a"u8, "2"u8));

        view.Write(output);

        Restored(output.Written).TryGet("a"u8, out var value).ShouldBeTrue();
        value.ToArray().ShouldBe("1"u8.ToArray());
        Should.Throw<ObjectDisposedException>(() => view.Write(output));
        Should.Throw<ObjectDisposedException>(() => view.TryGet("a"u8, out _));
    }

    [Fact]
    public void A_key_or_value_that_is_too_long_is_refused_and_changes_nothing()
    {
        var state = new KeyedState();
        var (longest, tooLong) = (new byte[KeyedState.KeyBytesMax], new byte[KeyedState.KeyBytesMax + 1]);
        var tooLarge = new byte[KeyedState.ValueBytesMax + 1];

        state.Check(longest, KeyedState.ValueBytesMax, long.MaxValue).ShouldBe(KeyedWrite.Fits);
        state.Check(tooLong, 0, long.MaxValue).ShouldBe(KeyedWrite.KeyTooLong);
        state.Check(longest, tooLarge.Length, long.MaxValue).ShouldBe(KeyedWrite.ValueTooLarge);
        Should.Throw<ArgumentException>(() => state.Set(tooLong, [])).Message.ShouldContain("1025");
        Should.Throw<ArgumentException>(() => state.Set(longest, tooLarge)).Message.ShouldContain("67108865");

        state.Count.ShouldBe(0);
        state.Set(longest, tooLarge.AsSpan(0, 3_000_000)).ShouldBeTrue();
        Restored(Written(state)).Digest.ShouldBe(state.Digest);
    }

    [Fact]
    public void A_full_state_refuses_what_makes_it_grow_and_nothing_else()
    {
        var state = new KeyedState();
        state.Set("abc"u8, "1234567"u8);

        state.Check("x"u8, 1, bytesMax: 12).ShouldBe(KeyedWrite.Fits);
        state.Check("x"u8, 2, bytesMax: 12).ShouldBe(KeyedWrite.StateTooLarge);
        state.Check("abc"u8, 9, bytesMax: 12).ShouldBe(KeyedWrite.Fits);
        state.Check("abc"u8, 10, bytesMax: 12).ShouldBe(KeyedWrite.StateTooLarge);
        state.Check("abc"u8, 7, bytesMax: 3).ShouldBe(KeyedWrite.Fits, "it does not grow, however small the limit has become");
        state.Check("abc"u8, 8, bytesMax: 3).ShouldBe(KeyedWrite.StateTooLarge);
    }

    [Fact]
    public void Values_of_a_type_are_kept_by_their_codec()
    {
        var values = new KeyedValues<string>(new TextCodec());

        values.TrySet("a"u8, "one").ShouldBe(KeyedWrite.Fits);
        values.TrySet("b"u8, "too long", bytesMax: 6).ShouldBe(KeyedWrite.StateTooLarge);

        values.TryGet("a"u8, out var value).ShouldBeTrue();
        value.ShouldBe("one");
        values.TryGet("b"u8, out _).ShouldBeFalse();
        values.Remove("a"u8).ShouldBeTrue();
        values.State.Count.ShouldBe(0);
    }

    private static void Told(int seed, Action test)
    {
        try
        {
            test();
        }
        catch (Exception exception)
        {
            throw new InvalidOperationException($"With the seed {seed}: {exception.Message}", exception);
        }
    }

    /// <summary>Disposes the view in the middle of its writing, and goes on writing the state.</summary>
    private sealed class DisposingWriter(KeyedStateView view, Action then) : System.Buffers.IBufferWriter<byte>
    {
        private readonly System.Buffers.ArrayBufferWriter<byte> output = new();

        public byte[] Written => output.WrittenSpan.ToArray();

        public void Advance(int count) => output.Advance(count);

        public Memory<byte> GetMemory(int sizeHint = 0) => output.GetMemory(sizeHint);

        public Span<byte> GetSpan(int sizeHint = 0)
        {
            view.Dispose();
            then();
            return output.GetSpan(sizeHint);
        }
    }
}
