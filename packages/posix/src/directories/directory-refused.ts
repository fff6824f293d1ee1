import { RingtailError } from '@ringtail/base';

/** A directory on the way can be changed by a user who is not trusted, or is a link where none is followed. */
export class DirectoryRefused extends RingtailError<'DIRECTORY_REFUSED'> {
  override readonly name = 'DirectoryRefused';
}
