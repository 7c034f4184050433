using System.Buffers;
using System.Collections.Concurrent;
using System.Reflection;
using System.Runtime.CompilerServices;
using Orleans.Serialization;
using Orleans.Serialization.TypeSystem;
using OrleansRaft.Core.Codec;

namespace OrleansRaft.ReplicatedGrains.Calls;

/// <summary>What replicated grains throw, as bytes that are the same on every replica. Any thread.</summary>
/// <remarks>
/// <para>
/// Of an exception type of the application, one with <c>[GenerateSerializer]</c>: its type, the message that it was given, and its members with
/// <c>[Id]</c>. Of any other type the name alone, since messages differ with the runtime and its culture. Never the stack, the result code, the data
/// or
/// the inner exception, which differ between silos.
/// </para>
/// <code>
/// kind     1 byte: 1 of the application, 2 another
/// type     length, UTF-8: as Orleans formats it, with aliases; the full name of another
/// message  1 byte whether there is one, length, UTF-8     | of the application only
/// members  count, then each:
///   level  varint: how many types lie between its own and System.Exception
///   id     varint
///   value  length, bytes of Orleans' serializer
/// </code>
/// </remarks>
internal sealed class ThrownExceptions(Serializer serializer, TypeConverter types)
{
    private const byte OfApplication = 1;
    private const byte Other = 2;
    private const int ResultCode = unchecked((int)0x8013_1500);

    private static readonly ConcurrentDictionary<Type, Member[]> Members = new();

    /// <summary>Writes an exception.</summary>
    public byte[] Write(Exception exception)
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new WireWriter(output);
        var type = exception.GetType();
        if (!type.IsDefined(typeof(GenerateSerializerAttribute), inherit: false))
        {
            writer.WriteByte(Other);
            writer.WriteString(type.FullName ?? type.Name);
            return output.WrittenSpan.ToArray();
        }

        writer.WriteByte(OfApplication);
        writer.WriteString(types.Format(type));
        var message = MessageOf(exception);
        writer.WriteBoolean(message is not null);
        if (message is not null)
        {
            writer.WriteString(message);
        }

        var members = Members.GetOrAdd(type, static one => [.. MembersOf(one)]);
        writer.WriteVarint(members.Length);
        foreach (var member in members)
        {
            writer.WriteVarint(member.Level);
            writer.WriteVarint(member.Id);
            writer.WriteBytes(serializer.SerializeToArray(member.Field.GetValue(exception)));
        }

        return output.WrittenSpan.ToArray();
    }

    /// <summary>Makes the exception anew, for the caller of a method.</summary>
    /// <param name="bytes">What was written.</param>
    /// <param name="method">The method that threw it.</param>
    /// <param name="key">The grain that threw it.</param>
    public Exception Read(ReadOnlyMemory<byte> bytes, CallMethod method, string key)
    {
        var reader = new WireReader(bytes);
        var isOfApplication = reader.ReadByte() == OfApplication;
        var name = reader.ReadString();
        var type = isOfApplication ? FindOfApplication(name) : FindOther(name, method.InterfaceType.Assembly);
        if (type is null || Make(type) is not { } exception)
        {
            return new ReplicatedGrainException(
                name, $"{method} of '{key}' threw {name}, of which the caller's program does not know. The call changed nothing.");
        }

        if (!isOfApplication)
        {
            MessageOf(exception) = $"{method} of '{key}' threw {name}. The call changed nothing.";
            return exception;
        }

        MessageOf(exception) = reader.ReadBoolean() ? reader.ReadString() : null;
        var members = Members.GetOrAdd(type, static one => [.. MembersOf(one)]);
        for (var left = reader.ReadCount(3); left > 0; left--)
        {
            var (level, id, value) = (reader.ReadVarint(), reader.ReadVarint(), reader.ReadBytes());
            if (Array.Find(members, member => member.Level == level && member.Id == id) is { } member)
            {
                member.Field.SetValue(exception, serializer.Deserialize<object>(value));
            }
        }

        return exception;
    }

    private Type? FindOfApplication(string name)
    {
        try
        {
            return types.TryParse(name, out var type) && type!.IsAssignableTo(typeof(Exception)) ? type : null;
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            // A type that was never allowed, or an assembly that is not there.
            return null;
        }
    }

    /// <summary>An exception of the framework, or one that lies beside the interface.</summary>
    private static Type? FindOther(string name, Assembly application) =>
        AppDomain.CurrentDomain.GetAssemblies()
            .Where(static one => one.GetName().Name is { } text && text.StartsWith("System.", StringComparison.Ordinal))
            .Prepend(application)
            .Select(assembly => assembly.GetType(name))
            .FirstOrDefault(static type => type?.IsAssignableTo(typeof(Exception)) == true);

    private static Exception? Make(Type type)
    {
        if (type.IsAbstract || type.ContainsGenericParameters)
        {
            return null;
        }

        try
        {
            if (type.GetConstructor(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance, []) is { } constructor)
            {
                return (Exception)constructor.Invoke(null);
            }

            var exception = (Exception)RuntimeHelpers.GetUninitializedObject(type);
            exception.HResult = ResultCode;
            return exception;
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            // Its own code.
            return null;
        }
    }

    private static IEnumerable<Member> MembersOf(Type type)
    {
        var levels = new List<Type>();
        for (var one = type; one is not null && one != typeof(Exception); one = one.BaseType)
        {
            levels.Insert(0, one);
        }

        for (var level = 0; level < levels.Count; level++)
        {
            foreach (var field in SerializedFields.Of(levels[level]))
            {
                yield return new Member(field.Field, level, field.Id);
            }
        }
    }

    /// <summary>The message that it was given; null for the one that the runtime makes up, which is another in other versions.</summary>
    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_message")]
    private static extern ref string? MessageOf(Exception exception);

    private sealed record Member(FieldInfo Field, long Level, long Id);
}
