using System.Buffers;
using CsCheck;
using OrleansRaft.Counters;

namespace OrleansRaft.Core.Tests.Counters;

public sealed class CounterCodecTests
{
    [Fact]
    public void Every_command_survives_its_binary_form() => Survives(new CounterCommandCodec(), CounterGen.Command);

    [Fact]
    public void Every_result_survives_its_binary_form() => Survives(new CounterResultCodec(), CounterGen.Result);

    [Fact]
    public void Damaged_commands_are_refused_or_are_other_commands() => WithstandsDamage(new CounterCommandCodec(), CounterGen.Command);

    [Fact]
    public void Damaged_results_are_refused_or_are_other_results() => WithstandsDamage(new CounterResultCodec(), CounterGen.Result);

    [Fact]
    public void An_increment_takes_ten_bytes() => Written(new CounterCommandCodec(), new IncrementCounter(5)).Length.ShouldBe(10);

    /// <summary>Logs keep these bytes: a program that writes others could not read what it wrote before.</summary>
    [Fact]
    public void The_binary_form_stays_what_it_is()
    {
        var commands = new CounterCommandCodec();

        Convert.ToHexString(Written(commands, new IncrementCounter(-2))).ShouldBe("01FEFFFFFFFFFFFFFF00");
        Convert.ToHexString(Written(commands, new SetCounter(7, CounterCondition.Unchanged(300)))).ShouldBe("02070000000000000002AC02");
        Convert.ToHexString(Written(commands, new DeleteCounter(CounterCondition.Exists))).ShouldBe("0301");
        Convert.ToHexString(Written(new CounterResultCodec(), new CounterValue(7, 300, 2))).ShouldBe("010700000000000000AC0202");
    }

    private static void Survives<T>(ICommandCodec<T> codec, Gen<T> values) => values.Sample(value =>
    {
        var bytes = Written(codec, value);

        codec.Read(bytes).ShouldBe(value);
        Written(codec, codec.Read(bytes)).ShouldBe(bytes);
    });

    private static void WithstandsDamage<T>(ICommandCodec<T> codec, Gen<T> values)
        where T : class =>
        Gen.Select(values, Gen.Int[0, 10_000], Gen.Byte, Gen.Int[0, 3]).Sample((value, place, flip, cut) =>
        {
            var bytes = Written(codec, value);
            bytes[place % bytes.Length] ^= flip;
            var damaged = bytes[..^Math.Min(cut, bytes.Length)];
            try
            {
                codec.Read(damaged).ShouldNotBeNull();
            }
            catch (CorruptDataException exception)
            {
                exception.Message.ShouldNotBeEmpty();
            }
        });

    private static byte[] Written<T>(ICommandCodec<T> codec, T value)
    {
        var output = new ArrayBufferWriter<byte>();
        codec.Write(value, output);
        return output.WrittenSpan.ToArray();
    }
}
